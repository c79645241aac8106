"""A second look at what search does not find yet, without waiting."""

from types import SimpleNamespace

from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from tasks.bulk_proof import DELAYS, PartProof


class Prover:
    """Finds each Item at the look that its id names."""

    def __init__(self):
        self.looks = {}

    def prove(self, outcomes):
        return [self._prove(outcome) for outcome in outcomes]

    def _prove(self, outcome):
        if outcome.is_failed:
            return outcome
        look = self.looks[outcome.item_id] = self.looks.get(outcome.item_id, 0) + 1
        if look >= int(outcome.item_id.partition("-")[0]):
            return outcome.model_copy(update={"state": ItemState.PROVEN})
        return outcome.failed(Failure.of("NotFoundInCatalog", "no"), ItemState.UNPROVEN)


def test_only_what_was_not_found_is_looked_at_again():
    slept, recorded = [], []
    work = SimpleNamespace(
        run=SimpleNamespace(record=recorded.extend), progress=SimpleNamespace(settle=lambda ids: list(ids))
    )
    prover = Prover()
    ids = [f"{look}-{number}" for number in range(150) for look in (1, 2, 9)]
    before = [ItemOutcome(item_id=id_, state=ItemState.INGESTED) for id_ in ids]
    dead = ItemOutcome(item_id="1-dead", state=ItemState.FAILED, failure=Failure.of("EmptyAsset", "no"))
    after = {o.item_id: o.state for o in PartProof(prover, work, slept.append).prove([*before, dead])}
    assert slept == list(DELAYS)
    assert {state for id_, state in after.items() if id_[0] in "12" and id_ != "1-dead"} == {ItemState.PROVEN}
    assert {state for id_, state in after.items() if id_[0] == "9"} == {ItemState.UNPROVEN}
    assert after["1-dead"] is ItemState.FAILED
    assert {look for id_, look in prover.looks.items() if id_[0] == "1"} == {1}
    assert len(recorded) == 450 + 300 + 150
