"""Items that the source has changed, sent in the place of those that the catalog has; whatever breaks off."""

import pytest

from flows.ingest_items import ingest_items
from flows.rerun_failed import rerun_failed
from models.outcomes import ItemState
from models.reports import ItemsFailed
from models.requests import RerunRequest
from tasks.connect import operation_watch
from tasks.ledger import ledger
from tests.conftest import MANY
from tests.flows.test_ingest_items import many

TWENTY = "2024-01-01T00:00:00Z/2024-01-01T00:19:30Z"
CHANGED = "scene-00004"


@pytest.fixture
def reprocessed(emulator, collection):
    """20 proven Items, of which the source has changed one."""
    ingest_items(many(collection, datetime_range=TWENTY))
    emulator.control("POST", f"upstream/items/{MANY}/{CHANGED}/reprocess")
    emulator.forget_requests()
    return collection


def replacing(collection):
    return many(collection, datetime_range=TWENTY, replace_changed=True)


def entry(collection):
    return ledger().entries(collection, [CHANGED])[CHANGED]


@pytest.fixture
def failed(emulator, reprocessed):
    """The same, after its replacement has failed three times."""
    emulator.fault(item=CHANGED, code="IngestionResourceTimeout", times=None)
    with pytest.raises(ItemsFailed):
        ingest_items(replacing(reprocessed))
    assert (entry(reprocessed).state, entry(reprocessed).replaces) == (ItemState.FAILED, True)
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    return reprocessed


def test_a_replacement_that_failed_is_sent_again_by_rerun_failed(emulator, failed):
    report = rerun_failed(RerunRequest(collection_id=failed))
    assert (report.failed, emulator.count("PUT", "/items/"), emulator.count("POST", "/items")) == (0, 1, 0)
    assert ingest_items(many(failed, datetime_range=TWENTY)).changed == []


def test_a_replacement_that_failed_is_not_taken_for_proven_by_an_ordinary_run(emulator, failed):
    report = ingest_items(many(failed, datetime_range=TWENTY))
    assert (report.proven, report.failed) == (20, 0)
    assert emulator.count("PUT", "/items/") == 1


def test_the_call_that_replays_a_replacement_is_a_put(emulator, reprocessed):
    emulator.fault(item=CHANGED, code="EmptyAsset", times=None)
    with pytest.raises(ItemsFailed):
        ingest_items(replacing(reprocessed))
    letter = ledger().dead_letter(reprocessed, CHANGED)
    assert (letter.method, letter.path) == ("PUT", f"/stac/collections/{reprocessed}/items/{CHANGED}")


def test_a_replacement_that_is_under_way_is_waited_for(emulator, reprocessed, monkeypatch):
    emulator.configure(operations={"min_seconds": 1000, "max_seconds": 1000})
    monkeypatch.setattr(operation_watch(reprocessed), "_timeout", 0.05)
    with pytest.raises(ItemsFailed, match="OperationTimeout"):
        ingest_items(replacing(reprocessed))
    monkeypatch.undo()
    emulator.advance(1000)
    report = ingest_items(many(reprocessed, datetime_range=TWENTY))
    assert (report.proven, report.failed) == (20, 0)
    assert emulator.count("PUT", "/items/") == 1
