"""Which kinds of failure are new: the news that an alert is about."""

from datetime import timedelta

import pytest

from ledger.failure_kinds import QUIET
from ledger.runs import LEASE
from models.runs import RunState
from tests.ledger.conftest import COLLECTION, run

FORBIDDEN = ("source-access", "IngestionResourceForbidden")
TIMEOUT = ("transient", "IngestionResourceTimeout")


@pytest.fixture
def idle(ledger, clock):
    """The ledger, with no run at work."""
    clock.advance(seconds=LEASE.total_seconds() + 1)
    return ledger


@pytest.mark.parametrize("kind", [FORBIDDEN, TIMEOUT])
def test_a_kind_is_new_once(idle, clock, kind):
    assert idle.note_failures(COLLECTION, [kind]) == {kind}
    for _ in range(30):
        clock.advance(days=1)
        assert idle.note_failures(COLLECTION, [kind]) == set()


def test_another_code_class_collection_or_origin_is_new(idle):
    idle.note_failures(COLLECTION, [TIMEOUT])
    assert idle.note_failures(COLLECTION, [TIMEOUT, FORBIDDEN]) == {FORBIDDEN}
    assert idle.note_failures("landsat", [TIMEOUT]) == {TIMEOUT}
    assert idle.note_failures(COLLECTION, [TIMEOUT], "ingest-items") == {TIMEOUT}


def test_other_catalogs_have_kinds_of_their_own(open_ledger, idle):
    idle.note_failures(COLLECTION, [TIMEOUT])
    assert open_ledger("https://other.example.com").note_failures(COLLECTION, [TIMEOUT]) == {TIMEOUT}


def test_a_resolved_kind_that_comes_back_is_new(idle):
    idle.note_failures(COLLECTION, [FORBIDDEN])
    assert idle.note_failures(COLLECTION, []) == set()
    assert idle.note_failures(COLLECTION, [FORBIDDEN]) == {FORBIDDEN}


def test_a_transient_kind_has_to_be_away_for_a_week_to_be_new_again(idle, clock):
    idle.note_failures(COLLECTION, [TIMEOUT])
    for _ in range(10):  # nights of failures that the morning's rerun resolves
        clock.advance(hours=8)
        idle.note_failures(COLLECTION, [])
        clock.advance(hours=16)
        assert idle.note_failures(COLLECTION, [TIMEOUT]) == set()
    idle.note_failures(COLLECTION, [])
    clock.advance(seconds=(QUIET + timedelta(seconds=1)).total_seconds())
    assert idle.note_failures(COLLECTION, [TIMEOUT]) == {TIMEOUT}


def test_items_that_a_living_run_has_taken_up_are_not_resolved_yet(ledger):
    ledger.note_failures(COLLECTION, [FORBIDDEN])
    ledger.note_failures(COLLECTION, [])  # the Items are claimed by the runs "one" and "two", and have no failure now
    for run_id in ("one", "two"):
        ledger.end_run(run_id, RunState.FAILED, {})
    assert ledger.note_failures(COLLECTION, [FORBIDDEN]) == set()


def test_a_failure_of_whole_runs_is_resolved_while_others_are_at_work(ledger):
    ledger.note_failures(COLLECTION, [FORBIDDEN], "ingest-items")
    ledger.note_failures(COLLECTION, [], "ingest-items")
    assert ledger.note_failures(COLLECTION, [FORBIDDEN], "ingest-items") == {FORBIDDEN}


def test_a_new_collection_of_the_same_id_starts_anew(idle):
    idle.note_failures(COLLECTION, [FORBIDDEN])
    idle.forget_collection(COLLECTION)
    assert idle.note_failures(COLLECTION, [FORBIDDEN]) == {FORBIDDEN}


def test_of_two_processes_one_gets_the_news(open_ledger, idle):
    other = open_ledger()
    found = [each.note_failures(COLLECTION, [FORBIDDEN]) for each in (idle, other)]
    assert found == [{FORBIDDEN}, set()]


def test_a_run_that_ended_is_not_at_work(ledger):
    for run_id in ("one", "two"):
        ledger.end_run(run_id, RunState.COMPLETED, {})
    ledger.begin_run(run("three"))
    ledger.end_run("three", RunState.COMPLETED, {})
    ledger.note_failures(COLLECTION, [FORBIDDEN])
    ledger.note_failures(COLLECTION, [])
    assert ledger.note_failures(COLLECTION, [FORBIDDEN]) == {FORBIDDEN}
