"""Send, wait, prove: the three steps of each batch, mapped in a chain so that each batch is a row in the UI.

Batches, outcomes and what is shared are `opaque`: Prefect would look for futures among the ids of ten thousand Items.
"""

from prefect import unmapped
from prefect.utilities.annotations import opaque

from models.outcomes import ItemOutcome
from tasks.outcomes import all_outcomes
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
    shared = unmapped(opaque(work))
    batches, present_batches = plan.batches, plan.present_batches
    sent = submit_batch.map(opaque(batches), work=shared)
    settled = settle_batch.map(opaque(sent), work=shared)
    proven = prove_batch.map(opaque(batches), opaque(settled), work=shared)
    present = prove_batch.map(opaque(present_batches), unmapped(None), work=shared)

    sent_chains = zip(batches, zip(proven, settled, sent, strict=True), strict=True)
    present_chains = zip(present_batches, zip(present, strict=True), strict=True)
    return [*plan.rejected, *all_outcomes([*sent_chains, *present_chains])]
