"""What becomes of Items, and what is asked about them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ledger.records import Change, Claim
from models.failure import Failure, FailureClass
from models.outcomes import ItemState
from tests.ledger.conftest import COLLECTION, claims, run

PERMANENT = Failure.of("StacValidationFailed", "no geometry")
TRANSIENT = Failure.of("IngestionResourceTimeout", "too slow")
LIFE = (ItemState.SUBMITTED, ItemState.INGESTED, ItemState.PROVEN)


def states(ledger):
    return {entry.item_id: entry.state for entry in ledger.find(collection_id=COLLECTION)}


def test_an_item_goes_through_its_life(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a"))
    for state, operation, attempts in zip(LIFE, ("op-1", None, None), (1, None, None), strict=True):
        clock.advance(seconds=1)
        ledger.record("one", COLLECTION, [Change("a", state, operation_id=operation, attempts=attempts)])
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.state, entry.operation_id, entry.attempts) == (ItemState.PROVEN, "op-1", 1)
    assert (entry.fingerprint, entry.failure, entry.updated) == ("f1", None, clock())
    history = ledger.history(COLLECTION, "a")
    assert [event.state for event in history] == [ItemState.PLANNED, *LIFE]
    assert [event.operation_id for event in history] == [None, "op-1", "op-1", "op-1"]
    assert history[-1].at - history[0].at == timedelta(seconds=3)
    assert {event.run_id for event in history} == {"one"}


def test_a_failure_is_kept_until_the_next_change(ledger):
    ledger.record("one", COLLECTION, [Change("a", ItemState.FAILED, attempts=3, failure=TRANSIENT)])
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert entry.failure == TRANSIENT
    assert (entry.code, entry.message, entry.kind) == (TRANSIENT.code, TRANSIENT.message, FailureClass.TRANSIENT)
    ledger.record("two", COLLECTION, [Change("a", ItemState.SUBMITTED, operation_id="op-2")])
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.failure, entry.attempts, entry.run_id) == (None, 3, "two")
    assert ledger.history(COLLECTION, "a")[0].code == TRANSIENT.code


def test_an_item_of_the_catalog_is_adopted_without_a_claim(ledger):
    acquired = datetime(2026, 2, 1, 13, 30, tzinfo=UTC)
    ledger.record("one", COLLECTION, [Change("a", ItemState.PROVEN, fingerprint="f9", acquired=acquired)])
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.state, entry.fingerprint, entry.acquired, entry.attempts) == (ItemState.PROVEN, "f9", acquired, 0)


def test_several_changes_of_one_item_in_one_call_are_all_kept(ledger):
    ledger.record("one", COLLECTION, [Change("a", state, operation_id="op-1") for state in LIFE])
    assert states(ledger) == {"a": ItemState.PROVEN}
    assert [event.state for event in ledger.history(COLLECTION, "a")] == list(LIFE)


def test_a_plan_made_anew_forgets_the_operation(ledger):
    ledger.record("one", COLLECTION, [Change("a", ItemState.SUBMITTED, operation_id="op-1")])
    ledger.record("one", COLLECTION, [Change("a", ItemState.PLANNED)])
    assert ledger.entries(COLLECTION, ["a"])["a"].operation_id is None


def test_changes_of_a_run_that_was_not_begun_are_refused_and_none_is_kept(ledger):
    with pytest.raises(ValueError, match="the run never was not begun"):
        ledger.record("never", COLLECTION, [Change("a", ItemState.PROVEN)])
    assert states(ledger) == {}


def test_a_time_without_a_zone_is_refused_and_nothing_is_kept(ledger):
    naive = datetime(2026, 2, 1)
    with pytest.raises(Exception, match="has no zone"):
        ledger.record("one", COLLECTION, [Change("a", ItemState.PROVEN), Change("b", ItemState.PROVEN, acquired=naive)])
    assert states(ledger) == {}


def test_entries_of_any_number_of_ids(ledger):
    item_ids = [f"item-{number}" for number in range(2_500)]
    ledger.claim("one", COLLECTION, claims(*item_ids))
    found = ledger.entries(COLLECTION, (item_id for item_id in [*item_ids, "unknown"]))
    assert sorted(found) == sorted(item_ids)
    assert ledger.entries("unknown", item_ids) == {}
    assert ledger.entries(COLLECTION, []) == {}


def test_no_token_is_kept(ledger, open_ledger):
    signed = "https://host/container/B02.tif?st=2026&sig=PLANTED%2Bsecret"
    failure = Failure.of("InvalidAssetHref", f"cannot read {signed}")
    item = {"id": "a", "assets": {"B02": {"href": signed, "alternate": [signed]}}}
    ledger.record("one", COLLECTION, [Change("a", ItemState.FAILED, failure=failure, item=item)])
    ledger.begin_run(run("three", request={"filter": {"args": [signed]}}))
    letter = ledger.dead_letter(COLLECTION, "a")
    everything = [letter, ledger.history(COLLECTION, "a"), ledger.find(), ledger.runs(), ledger.count_by_failure()]
    assert "PLANTED" not in repr(everything)
    assert letter.item["assets"]["B02"]["href"] == "https://host/container/B02.tif?st=2026&sig=***"


class TestDeadLetters:
    def fail(self, ledger, item_id="a", failure=PERMANENT, **members):
        ledger.record("one", COLLECTION, [Change(item_id, ItemState.FAILED, failure=failure, **members)])

    def test_the_item_is_kept_with_its_failure_and_the_call_that_sends_it_again(self, ledger, clock):
        self.fail(ledger, item={"id": "a", "geometry": None})
        letter = ledger.dead_letter(COLLECTION, "a")
        assert (letter.item, letter.failure) == ({"id": "a", "geometry": None}, PERMANENT)
        assert (letter.method, letter.path) == ("POST", "/stac/collections/sentinel-2/items")
        assert letter.written == clock()

    def test_another_call_can_be_named(self, ledger):
        replay = ("PUT", "/stac/collections/sentinel-2/items/a")
        self.fail(ledger, item={"id": "a"}, replay=replay)
        letter = ledger.dead_letter(COLLECTION, "a")
        assert (letter.method, letter.path) == replay

    def test_only_permanent_failures_are_kept(self, ledger):
        self.fail(ledger, failure=TRANSIENT, item={"id": "a"})
        assert ledger.dead_letter(COLLECTION, "a") is None
        assert ledger.dead_letter(COLLECTION, "unknown") is None
        assert ledger.dead_letter("unknown", "a") is None

    def test_a_later_one_takes_the_place_of_an_earlier_one(self, ledger):
        self.fail(ledger, item={"id": "a", "version": 1})
        self.fail(ledger, item={"id": "a", "version": 2}, failure=Failure.of("ItemSizeExceeded", "too large"))
        letter = ledger.dead_letter(COLLECTION, "a")
        assert (letter.item["version"], letter.failure.code) == (2, "ItemSizeExceeded")

    def test_it_stays_while_the_item_is_sent_again_and_goes_when_it_arrives(self, ledger):
        self.fail(ledger, item={"id": "a"})
        ledger.claim("two", COLLECTION, claims("a"))
        ledger.record("two", COLLECTION, [Change("a", ItemState.SUBMITTED, operation_id="op")])
        assert ledger.dead_letter(COLLECTION, "a") is not None
        ledger.record("two", COLLECTION, [Change("a", ItemState.INGESTED)])
        assert ledger.dead_letter(COLLECTION, "a") is None

    def test_find_tells_them_from_other_failures(self, ledger):
        self.fail(ledger, "dead", item={"id": "dead"})
        self.fail(ledger, "slow", failure=TRANSIENT)
        ledger.record("one", COLLECTION, [Change("unproven", ItemState.UNPROVEN, failure=PERMANENT)])
        assert [entry.item_id for entry in ledger.find(dead_letters=True)] == ["dead"]
        assert sorted(entry.item_id for entry in ledger.find(dead_letters=False)) == ["slow", "unproven"]


class TestQuestions:
    @pytest.fixture(autouse=True)
    def some_items(self, ledger, clock):
        """Five Items, a minute apart: b failed in run one, and again in run two."""
        days = {name: datetime(2026, 2, day, tzinfo=UTC) for day, name in enumerate("abcde", 1)}
        changes = [
            ("one", Change("a", ItemState.PROVEN, acquired=days["a"])),
            ("one", Change("b", ItemState.FAILED, failure=TRANSIENT, acquired=days["b"])),
            ("one", Change("c", ItemState.REJECTED, failure=PERMANENT, acquired=days["c"])),
            ("two", Change("b", ItemState.FAILED, failure=TRANSIENT.model_copy(update={"message": "slower"}))),
            ("two", Change("d", ItemState.FAILED, failure=TRANSIENT, acquired=days["d"])),
            ("two", Change("e", ItemState.SUBMITTED, operation_id="op", acquired=days["e"])),
        ]
        self.start = clock()
        for run_id, change in changes:
            ledger.record(run_id, COLLECTION, [change])
            clock.advance(minutes=1)
        ledger.record("one", "other", [Change("a", ItemState.FAILED, failure=TRANSIENT)])

    def found(self, ledger, **conditions):
        return [entry.item_id for entry in ledger.find(collection_id=COLLECTION, **conditions)]

    def test_all_the_last_changed_first(self, ledger):
        assert self.found(ledger) == ["e", "d", "b", "c", "a"]
        assert self.found(ledger, limit=2) == ["e", "d"]
        assert len(ledger.find()) == 6
        assert {entry.collection_id for entry in ledger.find()} == {COLLECTION, "other"}

    def test_by_state_code_and_class(self, ledger):
        assert self.found(ledger, states=[ItemState.FAILED]) == ["d", "b"]
        assert self.found(ledger, states=[ItemState.FAILED, ItemState.REJECTED]) == ["d", "b", "c"]
        assert self.found(ledger, states=[]) == []
        assert self.found(ledger, codes=["StacValidationFailed"]) == ["c"]
        assert self.found(ledger, kinds=[FailureClass.TRANSIENT]) == ["d", "b"]

    def test_by_run_those_that_it_changed_at_any_time(self, ledger):
        assert self.found(ledger, run_id="one", states=[ItemState.FAILED]) == ["b"]
        assert self.found(ledger, run_id="two") == ["e", "d", "b"]
        assert self.found(ledger, run_id="never") == []

    def test_by_time(self, ledger):
        third = self.start + timedelta(minutes=2)
        assert self.found(ledger, updated_before=third) == ["a"]
        assert self.found(ledger, updated_after=third) == ["e", "d", "b"]
        second, fourth = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC)
        assert self.found(ledger, acquired_between=(second, fourth)) == ["d", "b", "c"]
        assert self.found(ledger, acquired_between=(fourth, None)) == ["e", "d"]

    def test_failures_are_counted_by_cause_with_the_newest_message(self, ledger):
        counts = ledger.count_by_failure(COLLECTION)
        assert [(each.code, each.count, each.message) for each in counts] == [
            ("IngestionResourceTimeout", 2, "too slow"),
            ("StacValidationFailed", 1, "no geometry"),
        ]
        assert [each.kind for each in counts] == [FailureClass.TRANSIENT, FailureClass.PERMANENT]
        assert ledger.count_by_failure()[0].count == 3

    def test_items_are_counted_by_state(self, ledger):
        assert ledger.count_by_state(COLLECTION) == {"proven": 1, "failed": 2, "rejected": 1, "submitted": 1}
        assert ledger.count_by_state()["failed"] == 3
        assert ledger.count_by_state(COLLECTION, run_id="one") == {"proven": 1, "failed": 1, "rejected": 1}
        assert ledger.count_by_state("unknown") == {}

    def test_the_history_of_an_item(self, ledger):
        history = ledger.history(COLLECTION, "b")
        assert [(event.run_id, event.message) for event in history] == [("one", "too slow"), ("two", "slower")]
        assert ledger.history(COLLECTION, "unknown") == []

    def test_another_catalog_sees_nothing_of_it(self, ledger, open_ledger):
        other = open_ledger("https://other.example.com")
        assert (other.find(), other.count_by_failure(), other.count_by_state()) == ([], [], {})
        assert other.history(COLLECTION, "b") == []
        assert other.runs() == []


class TestIncarnations:
    @pytest.fixture(autouse=True)
    def an_item(self, ledger):
        ledger.note_collection(COLLECTION, "2026-01-01T00:00:00Z")
        ledger.claim("one", COLLECTION, claims("a"))
        ledger.record("one", COLLECTION, [Change("a", ItemState.FAILED, failure=PERMANENT, item={"id": "a"})])
        ledger.record("one", "other", [Change("a", ItemState.PROVEN)])

    def test_the_same_collection_changes_nothing(self, ledger):
        ledger.note_collection(COLLECTION, "2026-01-01T00:00:00Z")
        assert states(ledger) == {"a": ItemState.FAILED}
        assert len(ledger.history(COLLECTION, "a")) == 2

    @pytest.mark.parametrize("act", ["note", "forget"])
    def test_the_items_of_one_that_is_gone_are_removed(self, ledger, act):
        if act == "note":
            ledger.note_collection(COLLECTION, "2026-02-02T00:00:00Z")
        else:
            ledger.forget_collection(COLLECTION)
        entry = ledger.entries(COLLECTION, ["a"])["a"]
        assert (entry.state, entry.operation_id, entry.fingerprint, entry.attempts) == (
            ItemState.REMOVED,
            None,
            None,
            0,
        )
        assert (entry.run_id, entry.run_is_alive, entry.failure) == (None, False, None)
        assert ledger.dead_letter(COLLECTION, "a") is None
        assert ledger.history(COLLECTION, "a")[-1].state is ItemState.REMOVED
        assert ledger.claim("two", COLLECTION, claims("a")) == {"a"}
        assert ledger.entries("other", ["a"])["a"].state is ItemState.PROVEN

    def test_removal_is_noted_once(self, ledger):
        ledger.forget_collection(COLLECTION)
        ledger.note_collection(COLLECTION, "2026-02-02T00:00:00Z")
        ledger.forget_collection(COLLECTION)
        assert [event.state for event in ledger.history(COLLECTION, "a")].count(ItemState.REMOVED) == 1

    def test_a_collection_that_was_not_noted_before_keeps_its_items(self, ledger):
        ledger.note_collection("other", "2026-02-02T00:00:00Z")
        assert ledger.entries("other", ["a"])["a"].state is ItemState.PROVEN


def test_sqlite_waits_keeps_foreign_keys_and_logs_ahead(url, ledger):
    if not url.startswith("sqlite"):
        pytest.skip("about SQLite")
    with ledger._database.read() as connection:
        pragmas = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS}
    assert pragmas == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


def test_ten_thousand_items_from_sixteen_threads(ledger):
    batches = [[f"item-{number:05}" for number in range(start, start + 100)] for start in range(0, 10_000, 100)]

    def live(batch):
        assert len(ledger.claim("one", COLLECTION, {item_id: Claim("f1") for item_id in batch})) == len(batch)
        for state in LIFE:
            ledger.record("one", COLLECTION, [Change(item_id, state, operation_id="op") for item_id in batch])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(live, batches))
    assert len(ledger.entries(COLLECTION, [item_id for batch in batches for item_id in batch])) == 10_000
    assert ledger.count_by_state(COLLECTION) == {"proven": 10_000}
