"""Reading back: what is missing, different or unreadable is not proven."""

import pytest

from models.failure import FailureClass
from models.outcomes import ItemOutcome, ItemState
from tasks.connect import asset_reader, geocatalog
from tasks.prove import SAMPLE, Prover, is_sampled
from tasks.spool import ItemSpool
from tests.tasks.test_settle import BATCH, machinery, settle  # noqa: F401 - a fixture

ONE = "scene-00003"


@pytest.fixture
def prove(machinery, collection):  # noqa: F811 - the fixture
    """Prove Items that were ingested, after a change of what the source says or of what the catalog holds."""
    settle(machinery)
    sent = {item_id: machinery[0]._run.spool.read(item_id) for item_id in BATCH.item_ids}

    def run(proof="all", **changes):
        with ItemSpool() as spool:
            for item in sent.values():
                spool.append({**item, **changes.get(item["id"].replace("-", "_"), {})})
            prover = Prover(geocatalog(), asset_reader(), collection, spool, proof)
            before = [ItemOutcome(item_id=item_id, state=ItemState.INGESTED) for item_id in BATCH.item_ids]
            return {outcome.item_id: outcome for outcome in prover.prove(before)}

    return run


def test_what_is_there_equal_and_readable_is_proven(prove):
    outcomes = prove()
    assert {(outcome.state, outcome.assets_read) for outcome in outcomes.values()} == {(ItemState.PROVEN, 3)}


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": {"datetime": "2024-01-01T00:03:00.024Z", "eo:cloud_cover": 99.0}},
        {"bbox": [0, 0, 1, 1]},
        {"assets": {"B01": {"href": "https://a.blob.core.windows.net/c/B01.tif"}}},
        {"geometry": {"type": "Point", "coordinates": [0, 0]}},
    ],
)
def test_what_differs_from_what_was_sent_is_not(prove, changes):
    outcomes = prove(scene_00003=changes)
    different = outcomes.pop(ONE)
    assert (different.state, different.failure.code) == (ItemState.UNPROVEN, "DiffersFromSource")
    assert different.failure.kind is FailureClass.CONFLICT
    assert next(iter(changes)) in different.failure.message or "eo:cloud_cover" in different.failure.message
    assert {outcome.state for outcome in outcomes.values()} == {ItemState.PROVEN}


def test_what_search_does_not_find_is_not(prove, emulator, collection):
    emulator.control("DELETE", f"catalog/items/{collection}/{ONE}")
    missing = prove()[ONE]
    assert (missing.state, missing.failure.code) == (ItemState.UNPROVEN, "NotFoundInCatalog")


@pytest.mark.parametrize(("status", "said"), [(404, "answers 404"), (403, "answers 403"), (500, "")])
def test_what_does_not_answer_is_not(prove, emulator, status, said):
    emulator.fault(path=f"/managed-storage/*/{ONE}/B02.tif", status=status, times=None)
    unreadable = prove()[ONE]
    assert (unreadable.state, unreadable.failure.code) == (ItemState.UNPROVEN, "AssetUnreadable")
    assert said in unreadable.failure.message


def test_assets_are_not_read_if_not_asked_for(prove, emulator):
    emulator.forget_requests()
    assert {outcome.assets_read for outcome in prove("none").values()} == {0}
    assert emulator.count("GET", "/managed-storage") == 0


def test_the_sample_is_the_same_each_time_and_of_the_stated_size():
    ids = [f"scene-{number:05d}" for number in range(10_000)]
    sampled = [item_id for item_id in ids if is_sampled(item_id, "sample")]
    assert sampled == [item_id for item_id in ids if is_sampled(item_id, "sample")]
    assert abs(len(sampled) / len(ids) - SAMPLE) < 0.01
