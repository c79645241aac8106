"""Send Items to the GeoCatalog; what it answers is an operation that goes on after the answer."""

from dataclasses import dataclass, field
from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from models.errors import GeoCatalogFlowsError, RefusedError
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState
from tasks.connect import geocatalog, operation_watch
from tasks.operation_watch import OperationWatch
from tasks.plan import Batch
from tasks.retries import RETRIED, UNCACHED
from tasks.spool import ItemSpool


class BatchFailed(GeoCatalogFlowsError):
    """Items of a batch are not as requested; the outcomes say which and why.

    Args:
        outcomes: one per Item of the batch.
    """

    def __init__(self, outcomes: list[ItemOutcome]) -> None:
        failed = [outcome for outcome in outcomes if outcome.is_failed]
        named = "; ".join(
            f"{outcome.item_id}: {outcome.failure.code}: {outcome.failure.message}"
            for outcome in failed[:3]
            if outcome.failure
        )
        more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
        counted = f"{len(failed)} of {len(outcomes)} Items failed. " if len(outcomes) > 1 else ""
        super().__init__(f"{counted}{named}{more}")
        self.outcomes = outcomes

    def __reduce__(self) -> tuple[type["BatchFailed"], tuple[list[ItemOutcome]]]:
        return type(self), (self.outcomes,)


@dataclass(frozen=True)
class Submission:
    """Items that were sent together, and the operation that ingests them."""

    item_ids: tuple[str, ...]
    operation_id: str
    attempt: int = 1


@dataclass
class Submitted:
    """A batch after it was sent: open submissions, and Items that were refused at once."""

    batch: Batch
    submissions: list[Submission] = field(default_factory=list)
    refused: list[ItemOutcome] = field(default_factory=list)


class Submitter:
    """Sends Items of one Collection."""

    def __init__(self, catalog: GeoCatalog, watch: OperationWatch, collection_id: str, spool: ItemSpool) -> None:
        self._catalog = catalog
        self._watch = watch
        self._collection_id = collection_id
        self._spool = spool

    def send(self, batch: Batch) -> Submitted:
        """Send a batch. If the service refuses it as a whole, send its Items singly: one bad Item harms no other.

        Raises:
            TransientError, CredentialsError: nothing was refused; sending again later may help.
        """
        submitted = Submitted(batch)
        try:
            submitted.submissions.append(self.post(batch.item_ids))
        except RefusedError as error:
            if len(batch.item_ids) == 1:
                submitted.refused.append(refusal(batch.item_ids[0], error))
            else:
                self._send_singly(batch.item_ids, submitted)
        return submitted

    def post(self, item_ids: tuple[str, ...], attempt: int = 1) -> Submission:
        """Send Items in one request."""
        items = [self._spool.read(item_id) for item_id in item_ids]
        operation = self._catalog.stac.begin_create_items(self._collection_id, items)
        self._watch.expect(operation)
        return Submission(item_ids, operation.id, attempt)

    def _send_singly(self, item_ids: tuple[str, ...], submitted: Submitted) -> None:
        for item_id in item_ids:
            try:
                submitted.submissions.append(self.post((item_id,)))
            except RefusedError as error:
                submitted.refused.append(refusal(item_id, error))


def refusal(item_id: str, error: RefusedError, attempt: int = 1) -> ItemOutcome:
    """Return the outcome of an Item that the service refused at once."""
    failure = Failure(code=error.code or f"HTTP {error.status}", message=str(error), kind=FailureClass.PERMANENT)
    return ItemOutcome(item_id=item_id, state=ItemState.FAILED, submitted=True, attempts=attempt, failure=failure)


@task(name="submit", task_run_name="submit {batch.label}", **RETRIED, **UNCACHED)
def submit_batch(batch: Batch, collection_id: str, spool: Any) -> Submitted:
    """Send a batch of Items.

    Raises:
        BatchFailed: each of them was refused.
    """
    submitter = Submitter(geocatalog(), operation_watch(collection_id), collection_id, spool)
    submitted = submitter.send(batch)
    if not submitted.submissions:
        raise BatchFailed(submitted.refused)
    return submitted
