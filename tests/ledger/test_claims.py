"""Who may send an Item."""

import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from ledger.records import Change
from ledger.runs import LEASE
from ledger.schema import item
from models.failure import Failure
from models.outcomes import ItemState
from tests.ledger.claiming import claim_all, claim_and_die
from tests.ledger.conftest import CATALOG, COLLECTION, claims, run

FAILURE = Failure.of("IngestionResourceTimeout", "too slow")


def test_an_unknown_item_is_claimed_and_planned(ledger):
    assert ledger.claim("one", COLLECTION, claims("a", "b")) == {"a", "b"}
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.state, entry.fingerprint, entry.run_id, entry.run_is_alive) == (ItemState.PLANNED, "f1", "one", True)
    assert entry.acquired == claims("a")["a"].acquired
    assert entry.source_collection == "sentinel-2-l2a"
    assert entry.attempts == 0


def test_nothing_to_claim_is_nothing_claimed(ledger):
    assert ledger.claim("one", COLLECTION, {}) == set()


def test_an_item_of_a_living_run_is_not_claimed_by_another(ledger):
    ledger.claim("one", COLLECTION, claims("a"))
    assert ledger.claim("two", COLLECTION, claims("a", "b")) == {"b"}
    assert ledger.entries(COLLECTION, ["a"])["a"].run_id == "one"


def test_a_run_may_claim_its_own_item_again(ledger):
    ledger.claim("one", COLLECTION, claims("a"))
    assert ledger.claim("one", COLLECTION, claims("a")) == {"a"}


def test_the_items_of_a_run_that_fell_silent_are_free(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a"))
    clock.advance(seconds=19)
    ledger.keep_alive("two", clock() + LEASE)
    assert ledger.claim("two", COLLECTION, claims("a")) == set()
    clock.advance(seconds=2)
    assert not ledger.entries(COLLECTION, ["a"])["a"].run_is_alive
    assert ledger.claim("two", COLLECTION, claims("a")) == {"a"}
    assert ledger.entries(COLLECTION, ["a"])["a"].run_id == "two"


def test_a_sign_of_life_keeps_the_items_of_a_run(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a"))
    for _ in range(10):
        clock.advance(seconds=15)
        for run_id in ("one", "two"):
            ledger.keep_alive(run_id, clock() + LEASE)
    assert ledger.claim("two", COLLECTION, claims("a")) == set()


def test_claiming_is_a_sign_of_life(ledger, clock):
    for number in range(5):
        clock.advance(seconds=12)
        ledger.claim("one", COLLECTION, claims(f"item-{number}"))
    ledger.begin_run(run("two"))
    assert ledger.claim("two", COLLECTION, claims("item-0")) == set()


def test_the_items_of_a_run_that_ended_are_free(ledger):
    from models.runs import RunState

    ledger.claim("one", COLLECTION, claims("a"))
    ledger.end_run("one", RunState.FAILED, {})
    assert ledger.claim("two", COLLECTION, claims("a")) == {"a"}


def test_an_item_with_an_operation_is_never_claimed(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a"))
    ledger.record("one", COLLECTION, [Change("a", ItemState.SUBMITTED, operation_id="op-1")])
    clock.advance(days=3)
    assert ledger.claim("two", COLLECTION, claims("a")) == set()
    assert ledger.entries(COLLECTION, ["a"])["a"].operation_id == "op-1"


@pytest.mark.parametrize("state", [ItemState.FAILED, ItemState.REJECTED, ItemState.UNPROVEN, ItemState.REMOVED])
def test_an_item_that_is_not_there_is_claimed_again(ledger, state):
    ledger.claim("one", COLLECTION, claims("a"))
    ledger.record("one", COLLECTION, [Change("a", state, operation_id="op-1", failure=FAILURE)])
    assert ledger.claim("two", COLLECTION, claims("a")) == {"a"}
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.failure, entry.operation_id) == (None, None)


def test_a_proven_item_is_claimed_only_when_the_source_has_changed_it(ledger):
    ledger.claim("one", COLLECTION, claims("a"))
    ledger.record("one", COLLECTION, [Change("a", ItemState.PROVEN)])
    assert ledger.claim("two", COLLECTION, claims("a")) == set()
    assert ledger.claim("two", COLLECTION, claims("a", fingerprint="f2")) == {"a"}
    assert ledger.entries(COLLECTION, ["a"])["a"].fingerprint == "f2"


def test_an_item_that_is_ingested_is_to_be_proven_not_sent(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a"))
    ledger.record("one", COLLECTION, [Change("a", ItemState.INGESTED)])
    clock.advance(days=1)
    assert ledger.claim("two", COLLECTION, claims("a")) == set()


def test_another_catalog_has_claims_of_its_own(ledger, open_ledger):
    other = open_ledger("https://other.example.com")
    other.begin_run(run("one"))
    ledger.claim("one", COLLECTION, claims("a"))
    assert other.entries(COLLECTION, ["a"]) == {}
    assert other.claim("one", COLLECTION, claims("a")) == {"a"}


def test_a_run_that_was_not_begun_or_has_ended_claims_nothing(ledger):
    from models.runs import RunState

    ledger.end_run("two", RunState.COMPLETED, {})
    for run_id in ("never", "two"):
        with pytest.raises(ValueError, match="not begun, or has ended"):
            ledger.claim(run_id, COLLECTION, claims("a"))
    assert ledger.entries(COLLECTION, ["a"]) == {}


def test_sixteen_threads_claim_the_same_items_and_each_item_goes_to_one(ledger):
    wanted = claims(*(f"item-{number:03}" for number in range(200)))
    for number in range(16):
        ledger.begin_run(run(f"run-{number}"))
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda number: ledger.claim(f"run-{number}", COLLECTION, wanted), range(16)))
    assert Counter(item_id for each in got for item_id in each) == Counter(dict.fromkeys(wanted, 1))


def test_a_run_that_begins_while_another_waits_to_claim_keeps_its_items(url, ledger, clock, open_ledger):
    """A statement of PostgreSQL does not see runs that began after it: their claims must not look like a dead run's."""
    if url.startswith("sqlite"):
        pytest.skip("on SQLite, nobody begins while another claims")
    ledger.record("one", COLLECTION, [Change("a", ItemState.FAILED, failure=FAILURE)])
    other = open_ledger()
    with ThreadPoolExecutor(1) as pool:
        with other._database.write() as connection:  # run "three" is in the midst of its claim
            other._lock_collection(connection, COLLECTION)
            connection.execute(update(item).values(state=ItemState.PLANNED.value))
            waiting = pool.submit(ledger.claim, "two", COLLECTION, claims("a"))
            while not ledger_waits(connection):
                assert not waiting.done()
            ledger.begin_run(run("three"))
            connection.execute(update(item).values(run=other._run_key(connection, "three")))
        assert waiting.result(30) == set()


def ledger_waits(connection):
    return connection.execute(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).scalar()


def test_processes_open_one_new_ledger_and_each_item_goes_to_one(url):
    """The file does not exist yet: the processes also create it at the same moment."""
    item_ids = [f"item-{number:03}" for number in range(500)]
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(4) as pool:
        barrier = manager.Barrier(4)
        tasks = [(url, CATALOG, COLLECTION, f"run-{number}", item_ids, barrier) for number in range(4)]
        got = pool.starmap(claim_all, tasks)
    assert Counter(item_id for each in got for item_id in each) == Counter(dict.fromkeys(item_ids, 1))


def test_a_killed_process_leaves_a_ledger_that_opens_and_claims_that_run_out(url, clock, open_ledger):
    process = multiprocessing.get_context("spawn").Process(target=claim_and_die, args=(url, CATALOG, COLLECTION))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    ledger = open_ledger()
    clock.now = ledger.entries(COLLECTION, ["a"])["a"].updated + timedelta(seconds=10)
    ledger.begin_run(run("two"))
    assert ledger.claim("two", COLLECTION, claims("a", "b")) == {"b"}  # what it had not committed is gone
    clock.advance(seconds=11)
    assert ledger.claim("two", COLLECTION, claims("a")) == {"a"}
