"""Bulk ingestion on a real server: both import types, failures, reruns, and runs that die or meet."""

import logging
import threading
from contextvars import copy_context

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
from tests.flows.test_census import task_runs
from tests.many_items import MANY_BBOX, MANY_RANGE
from tests.prefect_records import all_said_of

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
    token = requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=60).json()["token"]
    monkeypatch.setenv("GEOCATALOG_STAGING_URL", f"{emulator.url}/planetary-computer/blob/{STAGE}")
    monkeypatch.setenv("GEOCATALOG_STAGING_SAS", token)
    disconnect()
    return token


def bulk(collection_id, **changes):
    request = {"source_collection": MANY, "bbox": MANY_BBOX, "datetime_range": MANY_RANGE, **changes}
    return BulkRequest(collection_id=collection_id, **request)


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


@pytest.mark.long
def test_few_task_runs(emulator, collection, sas):
    state = ingest_bulk(bulk(collection, part_size=200), return_state=True)
    assert state.is_completed()
    assert emulator.count("POST", "/runs") == 2
    assert 0 < len(task_runs(state.state_details.flow_run_id, 1)) < 30


@pytest.mark.long
@pytest.mark.parametrize("import_type", TYPES)
def test_three_poisoned_items_get_their_own_codes_and_harm_no_other(emulator, collection, sas, import_type):
    for item_id, code in POISONED.items():
        emulator.fault(item=item_id, code=code, message="why", times=None)
    with pytest.raises(ItemsFailed) as error:
        ingest_bulk(bulk(collection, import_type=import_type))
    report = error.value.report
    assert (report.matched, report.proven, report.failed) == (400, 397, 3)
    assert {o.item_id: (o.failure.code, o.failure.message) for o in report.failures} == {
        item_id: (code, "why") for item_id, code in POISONED.items()
    }
    assert emulator.submitted() == dict.fromkeys(POISONED, 1)
    assert ledger().dead_letter(collection, "scene-00003").item["id"] == "scene-00003"

    emulator.control("DELETE", "faults")
    again = ingest_bulk(bulk(collection, import_type=import_type))
    assert (again.done, again.planned, again.proven) == (397, 3, 400)


@pytest.mark.long
def test_what_is_not_sent_singly_fails_and_says_where_the_cause_is(emulator, collection, sas):
    for item_id in POISONED:
        emulator.fault(item=item_id, code="EmptyAsset", times=None)
    with pytest.raises(ItemsFailed) as error:
        ingest_bulk(bulk(collection, single_retries=1))
    failures = sorted(outcome.failure.code for outcome in error.value.report.failures)
    assert failures == ["EmptyAsset", "NotIngestedByBulk", "NotIngestedByBulk"]
    left = [o.failure for o in error.value.report.failures if o.failure.code == "NotIngestedByBulk"]
    assert left[0].kind is FailureClass.TRANSIENT
    assert "ErrorsInBatchOperation: 3 of 400 items of the batch failed" in left[0].message
    assert "Azure Monitor" in left[0].message and "category Ingestion" in left[0].message


@pytest.mark.long
def test_a_static_catalog_does_with_the_preview_api(emulator, collection, sas, monkeypatch):
    monkeypatch.setenv("GEOCATALOG_API_VERSION", "2025-04-30-preview")
    disconnect()
    with pytest.raises(InvalidRequest, match=r"2025-04-30-preview has no import of StacGeoparquet: set GEOCATALOG_API"):
        ingest_bulk(bulk(collection))
    report = ingest_bulk(bulk(collection, import_type="StaticCatalog", datetime_range="2024-01-01T00:00:00Z/.."))
    assert report.proven == 400


def test_missing_staging_settings_are_said_in_one_sentence(emulator, collection):
    emulator.forget_requests()
    with pytest.raises(SettingsMissing, match=r"set GEOCATALOG_STAGING_URL .* and GEOCATALOG_STAGING_SAS"):
        ingest_bulk(bulk(collection))
    assert emulator.count("GET", "") + emulator.count("POST", "") == 0


def test_a_refused_sas_ends_the_run_with_what_to_do(emulator, collection, sas, monkeypatch):
    monkeypatch.setenv("GEOCATALOG_STAGING_SAS", sas.partition("sig=")[0] + "sig=planted")
    disconnect()
    with pytest.raises(CredentialsError, match=r"answered 403 .*GEOCATALOG_STAGING_SAS must be a SAS") as error:
        ingest_bulk(bulk(collection))
    assert "planted" not in str(error.value)


def test_the_sas_is_nowhere(emulator, collection, sas, caplog, tmp_path):
    signature = sas.partition("sig=")[2].partition("&")[0]
    assert len(signature) > 20
    caplog.set_level(logging.DEBUG, logger="prefect.flow_runs")
    caplog.set_level(logging.DEBUG, logger="prefect.task_runs")
    emulator.fault(item="scene-00003", code="EmptyAsset", times=None)
    state = ingest_bulk(bulk(collection), return_state=True)
    assert state.is_failed() and signature not in state.message + caplog.text
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
        said = all_said_of(client, state.state_details.flow_run_id)
    assert "scene-00003" in "".join(said)
    assert signature not in repr([said, run.parameters])
    database = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.sqlite*"))
    assert b"scene-00003" in database and signature.encode() not in database


def test_a_run_that_died_is_waited_for_and_not_started_twice(emulator, collection, sas, monkeypatch):
    """The first run breaks off while its bulk run goes on; the second finds that by its name."""
    emulator.configure(operations={"min_seconds": 600.0, "max_seconds": 600.0, "bulk_item_seconds": 0.002})

    def die(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(bulk_part, "wait_for_run", die)
        with pytest.raises(BaseException):  # noqa: B017 - as Prefect hands it on
            ingest_bulk(bulk(collection))
    (left,) = geocatalog().bulk.list_ingestions(collection)
    assert not geocatalog().bulk.list_runs(collection, left.id)[0].has_ended
    assert {entry.state for entry in ledger().find(collection_id=collection)} == {ItemState.SUBMITTED}
    emulator.advance(1200)
    report = ingest_bulk(bulk(collection))
    assert (report.matched, report.present, report.proven) == (400, 400, 400)
    assert emulator.count("POST", "/runs") == 1
    assert not any(found.is_ready for found in geocatalog().bulk.list_ingestions(collection))


@pytest.mark.long
def test_a_run_that_times_out_is_taken_up_by_the_next(emulator, collection, sas, monkeypatch):
    emulator.configure(operations={"min_seconds": 30.0, "max_seconds": 30.0})
    monkeypatch.setenv("GEOCATALOG_BULK_TIMEOUT", "0.05")
    disconnect()
    with pytest.raises(ItemsFailed) as error:
        ingest_bulk(bulk(collection))
    assert {outcome.failure.code for outcome in error.value.report.failures} == {"OperationTimeout"}
    assert {entry.state for entry in ledger().find(collection_id=collection)} == {ItemState.SUBMITTED}
    emulator.advance(60)
    assert ingest_bulk(bulk(collection)).proven == 400
    assert emulator.count("POST", "/runs") == 1


@pytest.mark.long
def test_ordinary_and_bulk_ingest_share_what_is_done(emulator, collection, sas):
    ingest_items(bulk(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:19:30Z").ordinary)
    emulator.forget_requests()
    report = ingest_bulk(bulk(collection))
    assert (report.done, report.planned, report.proven) == (20, 380, 400)


@pytest.mark.long
@pytest.mark.long
def test_two_runs_at_once_take_turns(emulator, collection, sas):
    emulator.configure(operations={"min_seconds": 0.5, "max_seconds": 1.0, "bulk_item_seconds": 0.001})
    reports = []

    def run_once() -> None:
        reports.append(ingest_bulk(bulk(collection)))

    # with the settings of this thread: without them, each would start a Prefect server that nobody stops
    runs = [threading.Thread(target=copy_context().run, args=(run_once,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [report.proven for report in reports] == [400, 400]
    assert sorted(report.ingested for report in reports) == [0, 400]
    assert emulator.count("POST", "/runs") == 1
