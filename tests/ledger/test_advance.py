"""Many Items that go from state to state at once."""

from datetime import timedelta

from ledger.records import Change
from models.failure import Failure
from models.outcomes import ItemState
from tests.ledger.conftest import COLLECTION, claims

PERMANENT = Failure.of("StacValidationFailed", "no geometry")
LIFE = (ItemState.SUBMITTED, ItemState.INGESTED, ItemState.PROVEN)


def test_many_claimed_items_go_through_their_life_together(ledger, clock):
    ledger.claim("one", COLLECTION, claims("a", "b"))
    assert ledger.planned(COLLECTION, ["a", "b", "c"]) == {"a", "b"}
    ledger.advance("one", COLLECTION, ["b", "a"], ItemState.SUBMITTED, operation_id="op-1", attempts=1)
    assert ledger.planned(COLLECTION, ["a", "b", "c"]) == set()
    for state in LIFE[1:]:
        clock.advance(seconds=1)
        ledger.advance("one", COLLECTION, ["a", "b"], state)
    entry = ledger.entries(COLLECTION, ["b"])["b"]
    assert (entry.state, entry.operation_id, entry.attempts) == (ItemState.PROVEN, "op-1", 1)
    assert (entry.fingerprint, entry.updated, entry.run_id) == ("f1", clock(), "one")
    history = ledger.history(COLLECTION, "b")
    assert [event.state for event in history] == [ItemState.PLANNED, *LIFE]
    assert [event.operation_id for event in history] == [None, "op-1", "op-1", "op-1"]
    assert history[-1].at - history[0].at == timedelta(seconds=2)


def test_the_dead_letter_of_an_item_goes_when_it_is_proven_together_with_others(ledger):
    ledger.record("one", COLLECTION, [Change("a", ItemState.FAILED, failure=PERMANENT, item={"id": "a"})])
    ledger.claim("one", COLLECTION, claims("a", "b"))
    ledger.advance("one", COLLECTION, ["a", "b"], ItemState.SUBMITTED, operation_id="op-1", attempts=1)
    assert ledger.dead_letter(COLLECTION, "a") is not None
    ledger.advance("one", COLLECTION, ["a", "b"], ItemState.PROVEN)
    assert ledger.dead_letter(COLLECTION, "a") is None
    entries = ledger.entries(COLLECTION, ["a", "b"]).values()
    assert [entry.state for entry in entries] == [ItemState.PROVEN, ItemState.PROVEN]
