"""Bulk runs are started once and watched to their end, with an injected clock."""

import pytest

from models.errors import OperationTimeout, RefusedError
from tasks.bulk_run import BulkWatch, name_of, owner_of, start_once
from tasks.connect import geocatalog
from tests.flows.test_ingest_bulk import STAGE


@pytest.fixture
def url(emulator):
    emulator.configure(operations={"min_seconds": 100.0, "max_seconds": 100.0})
    return f"{emulator.url}/planetary-computer/blob/{STAGE}/catalog.json"


def watch_of(collection, sleep, timeout=1000.0):
    times = iter(range(0, 100_000, 30))
    bulk = geocatalog().bulk
    return BulkWatch(bulk, collection, interval=30, timeout=timeout, clock=lambda: next(times), sleep=sleep)


def test_an_ingestion_of_a_name_is_started_once(emulator, collection, url):
    bulk = geocatalog().bulk
    first = start_once(bulk, collection, name_of("r", 1), "StaticCatalog", url)
    assert start_once(bulk, collection, name_of("r", 1), "StaticCatalog", url) == first
    assert start_once(bulk, collection, name_of("r", 2), "StaticCatalog", url) != first
    assert emulator.count("POST", "/runs") == 2
    assert [owner_of(found) for found in bulk.list_ingestions(collection)] == ["r", "r"]


def test_a_run_is_watched_until_it_ends_and_says_why(emulator, collection, url):
    started = start_once(geocatalog().bulk, collection, name_of("r", 1), "StaticCatalog", url)
    seen = []
    watch = watch_of(collection, sleep=emulator.advance)
    ended = watch.wait(started.ingestion_id, lambda run: seen.append(run.status))
    assert seen[0] == "Pending" and ended.status == seen[-1] == "Failed"
    assert ended.failure is not None and ended.failure.code in ("PublicAccessRestricted", "IngestionResourceForbidden")


def test_a_run_that_takes_too_long_is_left_alone(emulator, collection, url):
    started = start_once(geocatalog().bulk, collection, name_of("r", 1), "StaticCatalog", url)
    with pytest.raises(OperationTimeout, match="still Pending after 60 seconds"):
        watch_of(collection, sleep=lambda seconds: None, timeout=60.0).wait(started.ingestion_id)
    assert emulator.count("DELETE", "/operations") == 0


def test_an_ingestion_without_a_run(collection, url):
    left = geocatalog().bulk.create(collection, "StaticCatalog", url, "somebody's")
    assert owner_of(left) is None
    with pytest.raises(RefusedError, match="has no run"):
        watch_of(collection, sleep=lambda seconds: None).wait(left.id)
