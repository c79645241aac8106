"""Send, wait, prove: the three steps of each batch, mapped in a chain so that each batch is a row in the UI.

Batches, outcomes and what is shared are `opaque`: Prefect would look for futures among the ids of ten thousand Items.
"""

from typing import Any

from prefect import unmapped
from prefect.futures import PrefectFuture
from prefect.utilities.annotations import opaque

from models.outcomes import ItemOutcome
from tasks.outcomes import all_outcomes
from tasks.plan import Batch, Plan
from tasks.prove import prove_batch
from tasks.settle import settle_batch
from tasks.submit import Submitted, submit_batch
from tasks.work import Work


def ingest_batches(plan: Plan, work: Work) -> list[ItemOutcome]:
    """Take all planned Items through submit, wait and prove, and prove those that were there before.

    Raises:
        CredentialsError: the sign-in ended while the run went on; Items without an outcome are undone.
    """
    shared = unmapped(opaque(work))
    batches, present_batches = plan.batches, plan.present_batches
    sent = submit_batch.map(opaque(batches), work=shared)
    chains = [(batch, _followed(batch, submitted, work)) for batch, submitted in zip(batches, sent, strict=True)]
    present = prove_batch.map(opaque(present_batches), unmapped(None), work=shared)
    present_chains = zip(present_batches, zip(present, strict=True), strict=True)
    return [*plan.rejected, *all_outcomes([*chains, *present_chains])]


def _followed(batch: Batch, submitted: PrefectFuture[Submitted], work: Work) -> tuple[PrefectFuture[Any], ...]:
    """Let a batch that was sent be waited for, then proven; return the futures, the last one first.

    Threads take task runs in this order: the first batches are proven while the operations of the last ones go on.
    """
    settled = settle_batch.submit(_as_it_is(submitted), work=_as_it_is(work))
    proven = prove_batch.submit(_as_it_is(batch), _as_it_is(settled), work=_as_it_is(work))
    return proven, settled, submitted


def _as_it_is(argument: Any) -> Any:
    return opaque(argument)  # its type is that of no task's parameter
