"""Ingestion sources are kept valid while a run waits, with an injected clock."""

from datetime import UTC, datetime, timedelta

import pytest

from models.requests import IngestRequest
from stac.containers import Container
from tasks.connect import geocatalog
from tasks.ingestion_source import SourceRegistry, connection_maker
from tasks.source_lease import SourceLease


class Clock:
    """The present, as both the lease and its registry see it."""

    def __init__(self):
        self.at = datetime.now(UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lease(emulator, clock):
    from tasks.connect import planetary_computer

    root = f"{emulator.url}/planetary-computer/blob"
    containers = {Container(f"{root}/sentinel2l2a01/sentinel2-l2", "sentinel2l2a01", "sentinel2-l2")}
    request = IngestRequest(collection_id="c", bbox=[0, 0, 1, 1])
    connect = connection_maker(request, containers, planetary_computer(), geocatalog().ingestion)
    lease = SourceLease(SourceRegistry(geocatalog().ingestion, connect, clock), containers, clock)
    lease.take()
    emulator.forget_requests()
    return lease


def test_before_it_is_due_nothing_is_asked(emulator, lease, clock):
    clock.at += timedelta(minutes=29)  # the token lives 45 minutes, and is renewed 15 before its end
    for _ in range(100):
        lease.keep()
    assert emulator.count("GET", "/inma") == 0


def test_a_source_that_runs_out_during_a_wait_is_renewed_in_place(emulator, lease, clock):
    clock.at += timedelta(minutes=31)
    for _ in range(100):
        lease.keep()
    assert emulator.count("PUT", "/inma/ingestion-sources") >= 1
    assert emulator.count("DELETE", "/inma/ingestion-sources") == 0
    assert emulator.count("POST", "/inma/ingestion-sources") == 0


def test_a_hundred_refusals_need_one_renewal(emulator, lease):
    for _ in range(100):
        lease.renew()
    assert emulator.count("PUT", "/inma/ingestion-sources") == 1


def test_a_managed_identity_is_never_due(emulator, clock):
    root = f"{emulator.url}/planetary-computer/blob"
    containers = {Container(f"{root}/sentinel2l2a01/sentinel2-l2", "sentinel2l2a01", "sentinel2-l2")}
    request = IngestRequest(collection_id="c", bbox=[0, 0, 1, 1], source_kind="BlobManagedIdentity")
    connect = connection_maker(request, containers, None, geocatalog().ingestion)
    lease = SourceLease(SourceRegistry(geocatalog().ingestion, connect, clock), containers, clock)
    lease.take()
    emulator.forget_requests()
    clock.at += timedelta(days=30)
    lease.keep()
    assert emulator.count("GET", "/inma") == 0
