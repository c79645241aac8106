"""An outcome for every Item of a batch, whatever the service makes of the batch."""

from contextlib import contextmanager

import pytest

from models.failure import FailureClass
from models.outcomes import ItemState
from models.requests import TUTORIAL_BBOX, IngestRequest
from stac.containers import containers_of
from tasks.begin import recorded_run
from tasks.connect import geocatalog, operation_watch
from tasks.ingestion_source import registry_for
from tasks.plan import Batch
from tasks.settle import Settlement
from tasks.source_lease import SourceLease
from tasks.spool import ItemSpool
from tasks.submit import Submitter
from tests.conftest import MANY
from tests.many_items import many_items

CODES = ["EmptyAsset", "AssetTransformationError", "StacValidationFailed", "SomethingNew"]


@contextmanager
def another_run(emulator, collection):
    """A submitter and a settlement of 20 Items, with their ingestion source registered."""
    request = IngestRequest(collection_id=collection, source_collection=MANY, bbox=TUTORIAL_BBOX)
    root, account = f"{emulator.url}/planetary-computer/blob", "https://manyitems01.blob.core.windows.net"
    with ItemSpool() as spool, recorded_run(request, spool) as run:
        for item in many_items(20, collection):
            for asset in item["assets"].values():
                asset["href"] = asset["href"].replace(account, f"{root}/manyitems01")
            run.receive(item, item)
        containers = containers_of(spool.read("scene-00000"), root)
        lease = SourceLease(registry_for(request, containers), containers)
        lease.take()
        watch = operation_watch(collection)
        submitter = Submitter(geocatalog(), watch, collection, run)
        yield submitter, Settlement(geocatalog(), watch, submitter, collection, lease)


@pytest.fixture
def machinery(emulator, collection):
    with another_run(emulator, collection) as made:
        yield made


BATCH = Batch(1, tuple(f"scene-{number:05d}" for number in range(20)))


def settle(machinery, batch=BATCH):
    submitter, settlement = machinery
    return {outcome.item_id: outcome for outcome in settlement.settle(submitter.send(batch))}


def test_a_batch_that_succeeds_takes_one_post(emulator, machinery):
    outcomes = settle(machinery)
    assert {outcome.state for outcome in outcomes.values()} == {ItemState.INGESTED}
    assert emulator.count("POST", "/items") == 1


@pytest.mark.parametrize("code", CODES)
def test_a_poisoned_item_gets_its_own_code_and_harms_no_neighbour(emulator, machinery, code):
    emulator.fault(item="scene-00007", code=code, message="why", times=None)
    outcomes = settle(machinery)
    poisoned = outcomes.pop("scene-00007")
    assert (poisoned.failure.code, poisoned.failure.message) == (code, "why")
    assert (poisoned.failure.kind, poisoned.attempts) == (FailureClass.PERMANENT, 2)
    assert {outcome.state for outcome in outcomes.values()} == {ItemState.INGESTED}
    assert sum(emulator.submitted().values()) == 21


def test_a_batch_that_is_refused_as_a_whole_is_sent_singly(emulator, machinery):
    emulator.configure(max_feature_collection=10)
    outcomes = settle(machinery)
    assert {outcome.state for outcome in outcomes.values()} == {ItemState.INGESTED}
    assert emulator.count("POST", "/items") == 21


def test_a_refused_item_says_why(emulator, machinery):
    route = "POST /stac/collections/{collection_id}/items"
    emulator.fault(route=route, status=400, code="InvalidInputData", message="no geometry", times=None)
    submitter, _ = machinery
    (outcome,) = submitter.send(Batch(1, ("scene-00001",))).settled
    assert (outcome.state, outcome.failure.code) == (ItemState.FAILED, "InvalidInputData")
    assert "no geometry" in outcome.failure.message


def test_transient_failures_are_repeated_three_times_at_most(emulator, machinery):
    emulator.fault(item="scene-00003", code="InternalIntermitentError", times=None)
    outcome = settle(machinery, Batch(1, ("scene-00003",)))["scene-00003"]
    assert (outcome.state, outcome.attempts, outcome.failure.kind) == (ItemState.FAILED, 3, FailureClass.TRANSIENT)
    assert emulator.submitted()["scene-00003"] == 3


def test_an_expired_source_is_renewed_and_the_item_sent_again(emulator, machinery):
    emulator.advance(46 * 60)  # seconds; the token lives 45 minutes
    outcome = settle(machinery, Batch(1, ("scene-00003",)))["scene-00003"]
    assert (outcome.state, outcome.attempts) == (ItemState.INGESTED, 2)
    assert emulator.count("PUT", "ingestion-sources") == 1
    assert emulator.count("DELETE", "ingestion-sources") == 0


def test_source_access_that_renewal_does_not_mend_is_tried_once_more_only(emulator, machinery):
    emulator.fault(item="scene-00003", code="IngestionResourceForbidden", times=None)
    outcome = settle(machinery, Batch(1, ("scene-00003",)))["scene-00003"]
    assert (outcome.attempts, outcome.failure.kind) == (2, FailureClass.SOURCE_ACCESS)


def test_an_item_that_exists_is_left_to_the_proof(emulator, machinery):
    settle(machinery, Batch(1, ("scene-00003",)))
    assert settle(machinery, Batch(1, ("scene-00003",)))["scene-00003"].state is ItemState.INGESTED


def test_an_operation_that_does_not_end_is_a_failure_that_says_so(emulator, machinery, monkeypatch):
    submitter, settlement = machinery
    emulator.configure(operations={"min_seconds": 1000, "max_seconds": 1000})
    monkeypatch.setattr(operation_watch(submitter._collection_id), "_timeout", 0.05)
    (outcome,) = settlement.settle(submitter.send(Batch(1, ("scene-00003",))))
    assert outcome.failure.code == "OperationTimeout"
    assert "It may yet end" in outcome.failure.message


def test_an_operation_that_did_not_end_in_time_is_waited_for_by_the_next_run(
    emulator, collection, machinery, monkeypatch
):
    submitter, settlement = machinery
    emulator.configure(operations={"min_seconds": 1000, "max_seconds": 1000})
    monkeypatch.setattr(operation_watch(collection), "_timeout", 0.05)
    outcomes = settlement.settle(submitter.send(Batch(1, ("scene-00003",))))
    submitter._run.record(outcomes)
    monkeypatch.undo()
    with another_run(emulator, collection) as (late_submitter, late_settlement):
        submitted = late_submitter.send(Batch(1, ("scene-00003",)))
        emulator.advance(1000)
        (outcome,) = late_settlement.settle(submitted)
    assert (outcome.state, emulator.submitted()) == (ItemState.INGESTED, {"scene-00003": 1})


def test_of_two_runs_that_follow_an_operation_that_fails_one_sends_the_item_again(emulator, collection, machinery):
    submitter, settlement = machinery
    emulator.fault(item="scene-00003", code="InternalIntermitentError", times=1)
    batch = Batch(1, ("scene-00003",))
    submitted = submitter.send(batch)
    with another_run(emulator, collection) as (other_submitter, other_settlement):
        followed = other_submitter.send(batch)
        assert [submission.is_own for submission in followed.submissions] == [False]
        for each, what in ((settlement, submitted), (other_settlement, followed)):
            (outcome,) = each.settle(what)
            assert outcome.state is ItemState.INGESTED
    assert emulator.submitted() == {"scene-00003": 2}


def test_a_step_that_is_repeated_follows_what_it_sent_before(emulator, machinery):
    submitter, settlement = machinery
    emulator.fault(item="scene-00003", code="InternalIntermitentError", times=1)
    submitted = submitter.send(Batch(1, ("scene-00003",)))
    for _ in range(2):
        (outcome,) = settlement.settle(submitted)
        assert outcome.state is ItemState.INGESTED
    assert emulator.submitted() == {"scene-00003": 2}


def test_poisoned_items_of_a_batch_are_sent_again_by_one_of_two_runs(emulator, collection, machinery):
    submitter, settlement = machinery
    emulator.fault(item="scene-00007", code="EmptyAsset", times=None)
    submitted = submitter.send(BATCH)
    with another_run(emulator, collection) as (other_submitter, other_settlement):
        followed = other_submitter.send(BATCH)
        for each, what in ((settlement, submitted), (other_settlement, followed)):
            states = {outcome.item_id: outcome.state for outcome in each.settle(what)}
            assert states.pop("scene-00007") is ItemState.FAILED
            assert set(states.values()) == {ItemState.INGESTED}
    assert emulator.submitted()["scene-00007"] == 2


@pytest.mark.parametrize("arrived", [True, False])
def test_an_operation_that_the_service_has_forgotten_is_resolved_by_reading_back(
    emulator, collection, machinery, arrived
):
    submitter, _ = machinery
    if not arrived:
        emulator.fault(item="scene-00003", code="InternalIntermitentError", times=1)
    submitter.send(Batch(1, ("scene-00003",)))
    emulator.advance(10)
    submitter._run.record_submitted(["scene-00003"], "00000000-0000-0000-0000-000000000000", 1)  # as if it were gone
    with another_run(emulator, collection) as (late_submitter, late_settlement):
        (outcome,) = late_settlement.settle(late_submitter.send(Batch(1, ("scene-00003",))))
    assert (outcome.state, emulator.submitted()["scene-00003"]) == (ItemState.INGESTED, 1 if arrived else 2)
