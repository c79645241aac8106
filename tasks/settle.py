"""Wait for the operations of a batch, and give each of its Items an outcome of its own."""

from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from clients.geocatalog.operation import Operation
from models.errors import NotFoundError, OperationTimeout, RefusedError, TransientError
from models.failure import OPERATION_TIMEOUT, Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState, Outcomes
from tasks.connect import geocatalog, operation_watch
from tasks.operation_watch import OperationWatch
from tasks.plan import Batch
from tasks.retries import RETRIED, UNCACHED
from tasks.source_lease import SourceLease
from tasks.submit import BatchFailed, Submission, Submitted, Submitter, submitter_of

MAX_ATTEMPTS = 3
"""Times that an Item is sent in one run, if its failures are such that may pass."""


class Settlement:
    """Follows submissions to their end.

    Args:
        lease: of the ingestion sources, kept while operations are open.
    """

    def __init__(
        self, catalog: GeoCatalog, watch: OperationWatch, submitter: Submitter, collection_id: str, lease: SourceLease
    ) -> None:
        self._catalog = catalog
        self._watch = watch
        self._submitter = submitter
        self._collection_id = collection_id
        self._lease = lease
        self._sent_after_renewal: set[str] = set()

    def settle(self, submitted: Submitted) -> list[ItemOutcome]:
        """Return an outcome for each Item of the batch: `ingested` or `failed`.

        Raises:
            TransientError, CredentialsError: the service could not be asked; the operations go on.
        """
        batch = submitted.batch
        settled = [outcome for submission in submitted.submissions for outcome in self._follow(submission, batch)]
        for _ in range(MAX_ATTEMPTS - 1):
            again = [outcome for outcome in settled if self._is_worth_repeating(outcome)]
            if not again:
                break
            repeated = {outcome.item_id: outcome for outcome in self._repeat(again, batch)}
            settled = [repeated.get(outcome.item_id, outcome) for outcome in settled]
        return [*settled, *submitted.settled]

    def _follow(self, submission: Submission, batch: Batch) -> list[ItemOutcome]:
        """Wait for one operation; resolve one that failed in part by reading back and sending the rest singly."""
        try:
            operation = self._watch.wait(submission.operation_id, self._lease.keep)
        except OperationTimeout as error:
            failure = Failure.of(OPERATION_TIMEOUT, str(error))
            return [_outcome(item_id, submission).failed(failure) for item_id in submission.item_ids]
        except NotFoundError:
            if submission.is_own:
                raise
            return self._resolve_forgotten(submission, batch)  # the service does not keep operations for ever
        if operation.has_succeeded:
            return [_outcome(item_id, submission) for item_id in submission.item_ids]
        if len(submission.item_ids) == 1:
            return [self._resolve_failure(submission, operation)]
        return self._resolve_batch(submission, batch)

    def _resolve_failure(self, submission: Submission, operation: Operation) -> ItemOutcome:
        failure = operation.failure or Failure.of("Unknown", f"The operation ended as {operation.status}.")
        item_id = submission.item_ids[0]
        if failure.kind is FailureClass.CONFLICT and self._has(item_id):
            return _outcome(item_id, submission)  # an earlier attempt of ours got through; the proof compares it
        return _outcome(item_id, submission).failed(failure)

    def _resolve_batch(self, submission: Submission, batch: Batch) -> list[ItemOutcome]:
        held = self._catalog.stac.existing_ids(self._collection_id, list(submission.item_ids))
        missing = {item_id: submission for item_id in submission.item_ids if item_id not in held}
        there = [_outcome(item_id, submission) for item_id in submission.item_ids if item_id in held]
        return [*there, *self._send_and_follow(missing, batch)]

    def _resolve_forgotten(self, submission: Submission, batch: Batch) -> list[ItemOutcome]:
        """Find out what became of Items whose operation nobody knows any more; an older Item tells nothing."""
        if submission.replaces:
            return self._send_and_follow(dict.fromkeys(submission.item_ids, submission), batch)
        return self._resolve_batch(submission, batch)

    def _repeat(self, outcomes: list[ItemOutcome], batch: Batch) -> list[ItemOutcome]:
        refused = [o.item_id for o in outcomes if o.failure and o.failure.kind is FailureClass.SOURCE_ACCESS]
        if refused:
            try:
                self._lease.renew()
            except (RefusedError, TransientError):  # the source gives no new token: what is known stays as it is
                return outcomes
            self._sent_after_renewal.update(refused)
        return self._send_and_follow({outcome.item_id: _submission_of(outcome) for outcome in outcomes}, batch)

    def _send_and_follow(self, failed: dict[str, Submission], batch: Batch) -> list[ItemOutcome]:
        """Send Items singly, all before the first is waited for."""
        submitted = self._submitter.send_again(batch, failed)
        followed = [outcome for submission in submitted.submissions for outcome in self._follow(submission, batch)]
        return [*submitted.settled, *followed]

    def _is_worth_repeating(self, outcome: ItemOutcome) -> bool:
        if outcome.failure is None or outcome.attempts >= MAX_ATTEMPTS or outcome.failure.code == OPERATION_TIMEOUT:
            return False
        if outcome.failure.kind is FailureClass.SOURCE_ACCESS:
            return outcome.item_id not in self._sent_after_renewal
        return outcome.failure.kind is FailureClass.TRANSIENT

    def _has(self, item_id: str) -> bool:
        return bool(self._catalog.stac.existing_ids(self._collection_id, [item_id]))


def _outcome(item_id: str, submission: Submission) -> ItemOutcome:
    return ItemOutcome(
        item_id=item_id,
        state=ItemState.INGESTED,
        submitted=True,
        attempts=submission.attempt,
        operation_id=submission.operation_id,
    )


def _submission_of(outcome: ItemOutcome) -> Submission:
    return Submission((outcome.item_id,), outcome.operation_id or "", outcome.attempts)


@task(name="wait", task_run_name="wait for {submitted.batch.label}", **RETRIED, **UNCACHED)
def settle_batch(submitted: Submitted, work: Any) -> Outcomes:
    """Wait until each Item of a batch is ingested or has failed for good.

    Args:
        work: the `Work` that all task runs of the ingest share.

    Raises:
        BatchFailed: each of them failed.
    """
    watch = operation_watch(work.collection_id)
    settlement = Settlement(geocatalog(), watch, submitter_of(work), work.collection_id, work.lease)
    outcomes = settlement.settle(submitted)
    work.run.record([outcome for outcome in outcomes if outcome.submitted])
    work.progress.settle(outcome.item_id for outcome in outcomes if outcome.is_failed)
    if all(outcome.is_failed for outcome in outcomes):
        raise BatchFailed(outcomes)
    return Outcomes(outcomes)
