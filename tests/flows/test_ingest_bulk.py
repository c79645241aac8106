"""Bulk ingestion on a real server: both import types, failures, reruns, and runs that die or meet."""

import logging

import pytest
import requests
from prefect.client.orchestration import get_client

from flows.ingest_bulk import ingest_bulk
from flows.ingest_items import ingest_items
from models.bulk_request import BulkRequest
from models.errors import CredentialsError, InvalidRequest, SettingsMissing
from models.failure import FailureClass
from models.outcomes import ItemState
from models.reports import ItemsFailed
from tasks import bulk_earlier, bulk_ingest, bulk_part, staging
from tasks.connect import disconnect, geocatalog
from tasks.ledger import ledger
from tests.conftest import MANY
from tests.many_items import MANY_BBOX, MANY_RANGE

STAGE = "staging/bulk"
TYPES = ["StacGeoparquet", "StaticCatalog"]
POISONED = {"scene-00003": "EmptyAsset", "scene-00150": "StacValidationFailed", "scene-00399": "SomethingNew"}


@pytest.fixture(autouse=True)
def without_waiting_for_bulk(monkeypatch):
    steps = [bulk_part.stage_part, bulk_part.start_part, bulk_part.wait_part, bulk_part.send_rest_of_part]
    for task in [*steps, bulk_part.prove_part, bulk_earlier.finish_earlier, bulk_ingest.plan_bulk]:
        monkeypatch.setattr(task, "retry_delay_seconds", [0.0])
    monkeypatch.setattr(staging.register_staging, "retry_delay_seconds", [0.0])


@pytest.fixture
def sas(emulator, monkeypatch):
    """The SAS of the staging container, which the settings hold."""
    emulator.configure(operations={"min_seconds": 0.0, "max_seconds": 0.05, "bulk_item_seconds": 0.0})
    params = {"container": STAGE, "permissions": "rwcl", "minutes": 60}
    token = requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=10).json()["token"]
    monkeypatch.setenv("GEOCATALOG_STAGING_URL", f"{emulator.url}/planetary-computer/blob/{STAGE}")
    monkeypatch.setenv("GEOCATALOG_STAGING_SAS", token)
    disconnect()
    return token


def bulk(collection_id, **changes):
    request = {"source_collection": MANY, "bbox": MANY_BBOX, "datetime_range": MANY_RANGE, **changes}
    return BulkRequest(collection_id=collection_id, **request)


def task_runs(flow_run_id):
    with get_client(sync_client=True) as client:
        return [run for run in client.read_task_runs(limit=200) if run.flow_run_id == flow_run_id]


@pytest.mark.parametrize("import_type", TYPES)
def test_400_items_are_proven_and_a_second_run_submits_nothing(emulator, collection, sas, import_type):
    report = ingest_bulk(bulk(collection, import_type=import_type))
    assert (report.matched, report.planned, report.ingested, report.proven, report.failed) == (400, 400, 400, 400, 0)
    assert report.proof == "sample" and 0 < sum(outcome.assets_read > 0 for outcome in report.outcomes) < 60
    assert {entry.state for entry in ledger().find(collection_id=collection)} == {ItemState.PROVEN}
    assert emulator.submitted() == {}  # neither by POST nor by PUT
    assert emulator.count("POST", "/runs") == 1
    assert geocatalog().bulk.list_ingestions(collection) == []

    emulator.forget_requests()
    again = ingest_bulk(bulk(collection, import_type=import_type))
    assert (again.done, again.planned, again.proven) == (400, 0, 400)
    assert (emulator.count("POST", "/ingestions"), emulator.count("PUT", "")) == (0, 0)
