"""Which run `rerun-failed` means: by its id, or by the beginning of it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from ledger.ledger import Ledger
from ledger.records import Change, Claim, RunRecord, utc_now
from models.errors import InvalidRequest
from models.failure import Failure
from models.outcomes import ItemState
from models.requests import RerunRequest
from tasks import id_parts
from tasks.select_failed import select
from tasks.select_failed_downloads import select_downloads

FAILURE = Failure.of("IngestionResourceTimeout", "too slow")
ONE, TWO = "3f2a9c1b-0000-4000-8000-000000000001", "3f2a9c1b-0000-4000-8000-000000000002"


def run_with_a_failure(
    ledger: Ledger, run_id: str, item_id: str, flow_run_id: str = "", deployment: str | None = None
) -> None:
    ledger.begin_run(RunRecord(run_id, "ingest-items", "coast", flow_run_id=flow_run_id, deployment=deployment))
    ledger.claim(run_id, "coast", {item_id: Claim("f1", None, "sentinel-2-l2a")})
    ledger.record(run_id, "coast", [Change(item_id, ItemState.FAILED, failure=FAILURE)])


@pytest.fixture
def known(tmp_path):
    """A ledger of two runs whose ids begin alike, each with a failed Item."""
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "https://catalog.example.com")
    for run_id in (ONE, TWO):
        run_with_a_failure(opened, run_id, f"of-{run_id[-1]}")
    yield opened
    opened.close()


def test_a_run_is_found_by_its_id(known):
    assert select(RerunRequest(run_id=TWO), known).by_collection == {"coast": ["of-2"]}


def test_a_run_is_found_by_the_beginning_of_its_id(known):
    run_with_a_failure(known, "77e0a001-0000", "other")
    assert select(RerunRequest(run_id="77e0a001"), known).by_collection == {"coast": ["other"]}


def test_a_beginning_that_runs_share_is_refused_with_their_ids(known):
    for selection in (select, select_downloads):
        with pytest.raises(InvalidRequest, match="2 runs begin with 3f2a9c1b") as refused:
            selection(RerunRequest(run_id="3f2a9c1b"), known)
        assert ONE in str(refused.value)
        assert TWO in str(refused.value)


def test_a_run_is_found_by_the_id_that_prefect_gave_it(known):
    flow_run = "06a3c5de-0000-7000-8000-00000000000f"
    run_with_a_failure(known, "77e0a001-0000", "other", flow_run)
    for named in (flow_run, flow_run[:8]):
        assert select(RerunRequest(run_id=named), known).by_collection == {"coast": ["other"]}


def test_a_flow_run_that_was_retried_is_its_latest_run(known):
    flow_run = "06a3c5de-0000-7000-8000-00000000000f"
    run_with_a_failure(known, "77e0a001-0000", "first", flow_run)
    run_with_a_failure(known, "88e0a001-0000", "second", flow_run)
    assert select(RerunRequest(run_id=flow_run), known).by_collection == {"coast": ["second"]}


@pytest.mark.parametrize("unknown", ["deadbeef", "3f2a9c1_", "%%%%%%%%"])
def test_an_unknown_run_is_said(known, unknown):
    assert select_downloads(RerunRequest(run_id=unknown), known) is None
    with pytest.raises(InvalidRequest, match="ledger --runs"):
        select(RerunRequest(run_id=unknown), known)


def test_of_a_deployment_its_latest_run_is_meant(known):
    run_with_a_failure(known, "77e0a001-0000", "first", deployment="daily")
    run_with_a_failure(known, "88e0a001-0000", "second", deployment="daily")
    run_with_a_failure(known, "99e0a001-0000", "of-another", deployment="weekly")
    assert select(RerunRequest(deployment="daily"), known).by_collection == {"coast": ["second"]}
    with pytest.raises(InvalidRequest, match="no run of a deployment 'hourly'"):
        select(RerunRequest(deployment="hourly"), known)


def test_items_that_failed_longer_ago_are_left_out(known):
    recent = RerunRequest(collection_id="coast", max_age_hours=2)
    for hours, selected in ((1, {"of-1", "of-2"}), (3, set())):
        found = select(recent, known, lambda hours=hours: utc_now() + timedelta(hours=hours)).entries
        assert {entry.item_id for entry in found} == selected


def test_many_items_are_asked_for_in_parts_that_prefect_takes(known, monkeypatch):
    monkeypatch.setattr(id_parts, "IDS_PER_INGEST", 3)
    ids = [f"item-{number}" for number in range(7)]
    known.begin_run(RunRecord("one", "ingest-items", "shore"))
    known.claim("one", "shore", {item_id: Claim("f1", None, "sentinel-2-l2a") for item_id in ids})
    known.record("one", "shore", [Change(item_id, ItemState.FAILED, failure=FAILURE) for item_id in ids])
    parts = [again.item_ids for again in select(RerunRequest(collection_id="shore"), known).requests]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert sorted(item_id for part in parts for item_id in part) == ids


def test_a_beginning_too_short_to_mean_one_run_is_refused():
    with pytest.raises(ValidationError, match="at least 8 characters"):
        RerunRequest(run_id="3f2a9c1")
