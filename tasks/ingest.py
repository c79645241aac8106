"""Send, wait, prove: the three steps of each batch, mapped in a chain so that each batch is a row in the UI."""

from typing import Any

from prefect import unmapped

from models.outcomes import ItemOutcome
from models.requests import IngestRequest
from tasks.outcomes import outcomes_of
from tasks.plan import Plan
from tasks.progress import Progress
from tasks.prove import prove_batch
from tasks.settle import settle_batch
from tasks.spool import ItemSpool
from tasks.submit import submit_batch


def ingest_batches(plan: Plan, request: IngestRequest, spool: ItemSpool, progress: Progress) -> list[ItemOutcome]:
    """Take all planned Items through submit, wait and prove, and prove those that were there before.

    Raises:
        CredentialsError: the sign-in ended while the run went on; Items without an outcome are undone.
    """
    shared: Any = {"spool": unmapped(spool), "progress": unmapped(progress)}
    proof: Any = {"collection_id": unmapped(request.collection_id), "proof": unmapped(plan.proof_of(request))}
    sent = submit_batch.map(plan.batches, collection_id=proof["collection_id"], spool=shared["spool"])
    settled = settle_batch.map(sent, request=unmapped(request), **shared)
    proven = prove_batch.map(plan.batches, settled, **proof, **shared)
    present = prove_batch.map(plan.present_batches, unmapped(None), **proof, **shared)

    outcomes = list(plan.rejected)
    for batch, steps in zip(plan.batches, zip(proven, settled, sent, strict=True), strict=True):
        outcomes.extend(outcomes_of(batch, steps))
    for batch, step in zip(plan.present_batches, zip(present, strict=True), strict=True):
        outcomes.extend(outcomes_of(batch, step))
    return outcomes
