"""Child runs of a backfill: which are done, as the ledger has them, and what is said of those that cannot run."""

import re
import threading

import pytest
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from ledger.ledger import Ledger
from ledger.records import RunRecord
from models.area_statistics_request import AreaStatisticsRequest
from models.period import bounds_of
from models.requests import BackfillRequest, IngestRequest
from models.runs import RunState
from stac.windows import Window
from tasks import run_elsewhere
from tasks.children import Children, finished
from tasks.window import signature_of
from tests.tasks.test_run_elsewhere import Prefect, status

JANUARY = "2024-01-01/2024-01-31"
CREATED = "2024-02-01T00:00:00Z"
ELSEWHERE = "ingest-items/ingest-items"


@pytest.fixture
def known(tmp_path):
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "https://catalog.example.com")
    opened.note_collection("coast", CREATED)
    yield opened
    opened.close()


def request(**changes) -> IngestRequest:
    return IngestRequest(**{"collection_id": "coast", "bbox": [0, 0, 1, 1], "datetime_range": JANUARY, **changes})


def ended(known: Ledger, state: RunState = RunState.COMPLETED, **changes) -> None:
    """Let a run of a request end."""
    asked = request(**changes)
    start, end = bounds_of(JANUARY)
    as_json = asked.model_dump(mode="json", exclude_defaults=True)
    window = {"window_start": start, "window_end": end}
    known.begin_run(RunRecord("one", "ingest-items", "coast", signature_of(asked), as_json, **window))
    known.end_run("one", state, {})


def is_done(known: Ledger, **changes) -> bool:
    return Window(*bounds_of(JANUARY)) in finished(request(**changes), known)


def test_a_window_is_done_when_a_run_of_it_ended_well(known):
    ended(known)
    assert is_done(known)
    assert not is_done(known, bbox=[0, 0, 2, 2])


def test_a_window_is_not_done_by_a_run_that_failed(known):
    ended(known, RunState.FAILED)
    assert not is_done(known)


@pytest.mark.parametrize("trial", [{"max_items": 1}, {"item_ids": ["a"]}])
def test_a_trial_with_some_items_does_no_window(known, trial):
    ended(known, **trial)
    assert not is_done(known)


def test_a_run_that_left_changed_items_does_not_do_for_one_that_replaces_them(known):
    ended(known)
    assert not is_done(known, replace_changed=True)
    ended(known, replace_changed=True)
    assert is_done(known, replace_changed=True)
    assert is_done(known)


@pytest.mark.parametrize(
    ("proven", "asked", "done"),
    [
        ("all", "none", True),
        ("auto", "sample", True),
        ("sample", "sample", True),
        ("none", "sample", False),
        ("sample", "auto", False),
        ("auto", "all", False),
    ],
)
def test_a_run_proves_no_more_than_it_was_asked_to(known, proven, asked, done):
    ended(known, proof=proven)
    assert is_done(known, proof=asked) is done


def test_runs_for_a_collection_that_was_created_again_are_void(known):
    ended(known)
    known.note_collection("coast", CREATED)
    assert is_done(known)
    known.note_collection("coast", "2024-03-01T00:00:00Z")
    assert not is_done(known)
    ended(known)
    assert is_done(known)


def test_runs_for_a_collection_that_was_deleted_are_void(known):
    ended(known)
    known.forget_collection("coast")
    assert not is_done(known)
    (run,) = known.runs(collection_id="coast")
    assert run.state is RunState.COMPLETED, "its history stays"


def test_runs_for_other_collections_stay(known):
    ended(known)
    known.note_collection("other", CREATED)
    known.forget_collection("other")
    assert is_done(known)


@pytest.mark.parametrize("name", ["ingest-items", "ingest-items/", "/ingest-items", "a/b/c", ""])
def test_a_deployment_is_named_with_its_flow(name):
    for of in (
        lambda: BackfillRequest(ingest=request(), deployment=name),
        lambda: AreaStatisticsRequest(bbox=[0, 0, 1, 1], last=3, deployment=name),
    ):
        with pytest.raises(ValidationError, match="write FLOW/NAME, such as ingest-items/ingest-items; got"):
            of()


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (ObjectNotFound(Exception()), f"There is no deployment {ELSEWHERE}: deploy it"),
        (status(409, "'request' is a required property"), "of the right flow.*Prefect says: 'request' is a required"),
    ],
)
def test_a_deployment_that_cannot_run_fails_the_child_in_words(monkeypatch, problem, sentence):
    monkeypatch.setattr(run_elsewhere, "run_deployment", Prefect(problem))
    children = Children(BackfillRequest(ingest=request(), deployment=ELSEWHERE), None, threading.Semaphore())
    (report,) = children.run(Window(*bounds_of(JANUARY)))
    assert report.state == "failed"
    assert re.search(sentence, report.message)
