"""Send, wait, prove: the three steps of each batch, mapped in a chain so that each batch is a row in the UI."""

from prefect import unmapped

from models.outcomes import ItemOutcome
from tasks.outcomes import outcomes_of
from tasks.plan import Plan
from tasks.prove import prove_batch
from tasks.settle import settle_batch
from tasks.submit import submit_batch
from tasks.work import Work


def ingest_batches(plan: Plan, work: Work) -> list[ItemOutcome]:
    """Take all planned Items through submit, wait and prove, and prove those that were there before.

    Raises:
        CredentialsError: the sign-in ended while the run went on; Items without an outcome are undone.
    """
    sent = submit_batch.map(plan.batches, work=unmapped(work))
    settled = settle_batch.map(sent, work=unmapped(work))
    proven = prove_batch.map(plan.batches, settled, work=unmapped(work))
    present = prove_batch.map(plan.present_batches, unmapped(None), work=unmapped(work))

    outcomes = list(plan.rejected)
    for batch, steps in zip(plan.batches, zip(proven, settled, sent, strict=True), strict=True):
        outcomes.extend(outcomes_of(batch, steps))
    for batch, step in zip(plan.present_batches, zip(present, strict=True), strict=True):
        outcomes.extend(outcomes_of(batch, step))
    return outcomes
