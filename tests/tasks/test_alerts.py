"""What is announced at the end of a run, decided on a real ledger and without Prefect."""

from datetime import UTC, datetime

import pytest

from ledger.ledger import Ledger
from ledger.records import Change, RunRecord
from models.errors import ChildRunsFailed, CredentialsError, LedgerUnusable, TransientError
from models.failure import Failure
from models.outcomes import ItemState
from models.reports import IngestReport, ItemsFailed
from models.runs import RunState
from tasks.alerts import alerts, ledger_of_any_flow
from tasks.connect import disconnect

REQUEST = {"collection_id": "sentinel-2", "lookback_days": 10, "bbox": [1, 2, 3, 4]}
FAILED = ItemsFailed(IngestReport(collection_id="sentinel-2", matched=1, failed=1))


@pytest.fixture
def known(tmp_path):
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "https://catalog.example.com")
    yield opened
    opened.close()


def fail(known, code: str, *item_ids: str, message: str = "it did not work") -> None:
    """Record a run in which Items fail."""
    run_id = f"run at {datetime.now(UTC)}"
    known.begin_run(RunRecord(run_id=run_id, flow="ingest-items", collection_id="sentinel-2"))
    failure = Failure.of(code, message)
    known.record(run_id, "sentinel-2", [Change(id_, ItemState.FAILED, failure=failure) for id_ in item_ids])
    known.end_run(run_id, RunState.FAILED, {})


def at_the_end(known, error=None, flow="ingest-items", **changes):
    return alerts(lambda: known, {**REQUEST, **changes}, flow, error)


def test_a_new_kind_of_items_is_announced_once_and_says_what_to_do(known):
    fail(known, "IngestionResourceForbidden", "a", "b", message="403 for https://x.blob/c?sv=1&sig=PLANTED")
    (alert,) = at_the_end(known, FAILED)
    assert alert.subject == "2 Items of sentinel-2 failed: IngestionResourceForbidden (source-access)"
    assert "403 for https://x.blob/c" in alert.text
    assert "Check the container" in alert.text
    assert "PLANTED" not in alert.text
    assert at_the_end(known, FAILED) == []


def test_a_second_code_is_announced_by_itself(known):
    fail(known, "IngestionResourceForbidden", "a")
    at_the_end(known, FAILED)
    fail(known, "StacValidationFailed", "b")
    assert [alert.code for alert in at_the_end(known, FAILED)] == ["StacValidationFailed"]


def test_a_run_that_fails_as_a_whole_is_announced_once(known):
    error = CredentialsError("403 with Bearer eyJhbGciOi.eyJzdWIi.c2ln")
    (alert,) = at_the_end(known, error)
    assert alert.subject == "ingest-items of sentinel-2 failed: CredentialsError (run)"
    assert "eyJ" not in alert.text
    assert "geocatalog doctor" in alert.advice
    assert at_the_end(known, error) == []
    assert at_the_end(known) == []
    assert [again.code for again in at_the_end(known, error)] == ["CredentialsError"]


def test_the_window_does_not_make_it_another_schedule_but_the_area_does(known):
    error = CredentialsError("no sign-in")
    at_the_end(known, error)
    assert at_the_end(known, error, lookback_days=3) == []
    at_the_end(known, bbox=[5, 6, 7, 8])  # another area's success resolves nothing of this one
    assert at_the_end(known, error) == []
    assert len(at_the_end(known, error, bbox=[5, 6, 7, 8])) == 1


def test_a_shaky_network_is_one_piece_of_news(known):
    error = TransientError("The source cannot be reached.")
    assert [alert.kind for alert in at_the_end(known, error)] == ["transient"]
    at_the_end(known)
    assert at_the_end(known, error) == []


def test_children_speak_for_themselves(known):
    assert at_the_end(known, ChildRunsFailed("2 of 3 child runs failed"), flow="backfill") == []


def test_a_request_without_a_collection_has_an_alert_too(known):
    (alert,) = alerts(lambda: known, {"run_id": "x"}, "rerun-failed", CredentialsError("no sign-in"))
    assert alert.subject == "rerun-failed failed: CredentialsError (run)"


def test_without_a_ledger_each_run_is_announced():
    def broken():
        raise LedgerUnusable("The ledger is damaged.")

    for _ in range(2):
        (alert,) = alerts(broken, REQUEST, "ingest-items", None)
        assert (alert.code, alert.message) == ("LedgerUnusable", "The ledger is damaged.")


def test_flows_that_need_no_geocatalog_have_a_ledger_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEOCATALOG_URL", raising=False)
    monkeypatch.setenv("GEOCATALOG_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    disconnect()
    request, flow = {"collection": "SENTINEL-2"}, "download-copernicus"
    assert alerts(ledger_of_any_flow, request, flow, None) == []
    error = CredentialsError("no sign-in")
    assert [len(alerts(ledger_of_any_flow, request, flow, error)) for _ in range(2)] == [1, 0]
    disconnect()
