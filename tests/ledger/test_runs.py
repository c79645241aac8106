"""Runs, and up to when everything is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ledger.records import Change
from models.failure import Failure
from models.outcomes import ItemState
from models.runs import RunState
from tests.ledger.conftest import COLLECTION, run

FAILURE = Failure.of("StacValidationFailed", "no geometry")


def day(number: int) -> datetime:
    return datetime(2026, 2, number, tzinfo=UTC)


def test_a_run_is_found_as_it_was_begun(ledger, clock):
    clock.advance(seconds=1)
    record = run(
        "three",
        flow_run_id="f-3",
        deployment="nightly",
        request={"bbox": [1.5, 2, 3, 4]},
        window_start=day(1),
        window_end=day(8),
        asked_at=clock(),
    )
    ledger.begin_run(record)
    assert ledger.runs()[0] == replace(record, started=clock(), is_alive=True, state=RunState.RUNNING)


def test_times_of_other_zones_are_kept_in_utc(ledger):
    from datetime import timezone

    local = datetime(2026, 2, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    ledger.begin_run(run("three", asked_at=local))
    found = ledger.runs()[0].asked_at
    assert found == local
    assert found.isoformat() == "2026-01-31T23:30:00+00:00"


def test_a_run_ends_with_its_counts(ledger, clock):
    clock.advance(seconds=5)
    ledger.end_run("one", RunState.FAILED, {"proven": 17, "failed": 3})
    ended = next(record for record in ledger.runs() if record.run_id == "one")
    assert (ended.state, ended.counts, ended.is_alive) == (RunState.FAILED, {"proven": 17, "failed": 3}, False)
    assert ended.ended - ended.started == timedelta(seconds=5)


def test_a_run_that_ended_is_not_kept_alive(ledger, clock):
    ledger.end_run("one", RunState.COMPLETED, {})
    ledger.keep_alive("one", clock() + timedelta(hours=1))
    assert not next(record for record in ledger.runs() if record.run_id == "one").is_alive


def test_a_silent_run_is_running_but_not_alive(ledger, clock):
    clock.advance(seconds=61)
    record = ledger.runs()[0]
    assert (record.state, record.is_alive) == (RunState.RUNNING, False)


def test_a_run_can_begin_again(ledger, clock):
    ledger.end_run("one", RunState.FAILED, {"failed": 3})
    clock.advance(minutes=5)
    ledger.begin_run(run("one"))
    record = ledger.runs()[0]
    assert (record.run_id, record.state, record.counts, record.ended) == ("one", RunState.RUNNING, {}, None)
    assert record.is_alive
    assert len(ledger.runs()) == 2


def test_runs_are_found_by_collection_deployment_and_signature_newest_first(ledger, clock):
    for number, (collection_id, deployment, signature) in enumerate(
        [("x", "nightly", "s1"), ("x", "weekly", "s2"), ("y", "nightly", "s2")]
    ):
        clock.advance(minutes=1)
        ledger.begin_run(run(f"r{number}", collection_id=collection_id, deployment=deployment, signature=signature))

    def found(**conditions):
        return [record.run_id for record in ledger.runs(**conditions)]

    assert found(collection_id="x") == ["r1", "r0"]
    assert found(deployment="nightly") == ["r2", "r0"]
    assert found(signature="s2") == ["r2", "r1"]
    assert found(collection_id="y", signature="s1") == []
    assert found(limit=2) == ["r2", "r1"]
    assert len(found(limit=None)) == 5


def test_a_watermark_moves_both_ways_for_one_signature_and_catalog(ledger, open_ledger):
    assert ledger.watermark("s1") is None
    for to in (day(3), day(8), day(5)):
        ledger.move_watermark("s1", to)
        assert ledger.watermark("s1") == to
    assert ledger.watermark("s2") is None
    assert open_ledger("https://other.example.com").watermark("s1") is None
    assert open_ledger().watermark("s1") == day(5)


def test_the_oldest_open_item_of_a_window(ledger):
    assert ledger.oldest_open(COLLECTION, None, None) is None
    planned = {
        1: ItemState.PROVEN,
        2: ItemState.FAILED,
        3: ItemState.REMOVED,
        4: ItemState.SUBMITTED,
        5: ItemState.UNPROVEN,
        6: ItemState.PROVEN,
    }
    changes = [Change(f"item-{number}", state, acquired=day(number)) for number, state in planned.items()]
    ledger.record("one", COLLECTION, [*changes, Change("timeless", ItemState.FAILED, failure=FAILURE)])
    ledger.record("one", "other", [Change("item-1", ItemState.FAILED, acquired=day(1))])
    assert ledger.oldest_open(COLLECTION, None, None) == day(2)
    assert ledger.oldest_open(COLLECTION, day(2), day(2)) == day(2)
    assert ledger.oldest_open(COLLECTION, day(3), None) == day(4)
    assert ledger.oldest_open(COLLECTION, day(6), day(9)) is None
    assert ledger.oldest_open("unknown", None, None) is None


def test_a_run_is_named_by_its_id_or_the_beginning_of_it(ledger, open_ledger):
    ledger.begin_run(run("one-more"))
    open_ledger("https://other.example.com").begin_run(run("two-of-another-catalog"))
    assert [found.run_id for found in ledger.runs_named("one")] == ["one"]
    assert [found.run_id for found in ledger.runs_named("on")] == ["one-more", "one"]
    assert [found.run_id for found in ledger.runs_named("tw")] == ["two"]
    assert ledger.runs_named("%") == ledger.runs_named("three") == []
