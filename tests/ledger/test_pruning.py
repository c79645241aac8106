"""Old history can be forgotten; what Items are cannot."""

from ledger import pruning
from ledger.records import Change
from models.failure import Failure
from models.outcomes import ItemState
from tests.ledger.conftest import COLLECTION, claims


def states(ledger, item_id):
    return [event.state.value for event in ledger.history(COLLECTION, item_id)]


def test_old_history_of_proven_items_goes_and_all_else_stays(ledger, open_ledger, clock, monkeypatch):
    monkeypatch.setattr(pruning, "ROWS", 2)
    ledger.claim("one", COLLECTION, claims("a", "b", "c"))
    failure = Failure.of("StacValidationFailed", "no geometry")
    changes = [Change("a", ItemState.PROVEN), Change("b", ItemState.FAILED, failure=failure, item={"id": "b"})]
    ledger.record("one", COLLECTION, [*changes, Change("c", ItemState.PROVEN)])
    clock.advance(days=400)
    ledger.record("two", COLLECTION, [Change("c", ItemState.PROVEN)])
    clock.advance(days=1)

    assert open_ledger("https://other.example.com").prune(clock.now) == 0
    now = clock.now
    clock.advance(days=-365)
    assert ledger.prune(clock.now) == 4
    clock.now = now
    assert (states(ledger, "a"), states(ledger, "c")) == ([], ["proven"])
    assert states(ledger, "b") == ["planned", "failed"]
    entry = ledger.entries(COLLECTION, ["a"])["a"]
    assert (entry.state, entry.fingerprint) == (ItemState.PROVEN, "f1")
    assert ledger.dead_letter(COLLECTION, "b") is not None
    assert len(ledger.runs()) == 2
