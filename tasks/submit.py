"""Send Items to the GeoCatalog; what it answers is an operation that goes on after the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from ledger.records import Entry
from models.errors import GeoCatalogFlowsError, RefusedError, Stopped
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState
from settings import get_settings
from tasks.connect import geocatalog, operation_watch
from tasks.operation_watch import STOPPING, OperationWatch
from tasks.plan import Batch
from tasks.retries import RETRIED, UNCACHED
from tasks.run_record import RunRecorder
from tasks.work import Work


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
    """Items that were sent together, and the operation that ingests them.

    Attributes:
        replaces: whether they were sent in the place of those that the catalog has.
        is_own: whether this run sent them.
    """

    item_ids: tuple[str, ...]
    operation_id: str
    attempt: int = 1
    replaces: bool = False
    is_own: bool = True


@dataclass
class Submitted:
    """A batch after it was sent.

    Attributes:
        submissions: operations to wait for, those of other runs included.
        settled: outcomes of Items that were refused at once, or that another run dealt with meanwhile.
    """

    batch: Batch
    submissions: list[Submission] = field(default_factory=list)
    settled: list[ItemOutcome] = field(default_factory=list)


class Submitter:
    """Sends Items of one Collection, each of them only if no other run does.

    Args:
        interval: seconds between two looks at what another run does with an Item.
        sleep: replaced in tests.
    """

    def __init__(
        self,
        catalog: GeoCatalog,
        watch: OperationWatch,
        collection_id: str,
        run: RunRecorder,
        *,
        interval: float = 2.0,
        sleep: Callable[[float], object] = STOPPING.wait,
    ) -> None:
        self._catalog = catalog
        self._watch = watch
        self._collection_id = collection_id
        self._run = run
        self._interval = interval
        self._sleep = sleep

    def send(self, batch: Batch) -> Submitted:
        """Send those Items of a batch that this run can claim, and find out what other runs do with the others.

        Raises:
            TransientError, CredentialsError: nothing was refused; sending again later may help.
        """
        submitted, left = Submitted(batch), batch.item_ids
        while left:
            planned = self._run.planned(left)
            claimed = self._run.claim(left, replaces=batch.replaces)
            there = set() if batch.replaces else self._sent_before(sorted(claimed & planned), submitted)
            self._send_claimed(tuple(id_ for id_ in left if id_ in claimed - there), submitted)
            left = self._take_over([id_ for id_ in left if id_ not in claimed], submitted)
            self._wait_for_others(left)
        return submitted

    def _wait_for_others(self, item_ids: tuple[str, ...]) -> None:
        """Give the run that is about to send Items, if any, the time to do so."""
        if item_ids:
            self._sleep(self._interval)
        if item_ids and STOPPING.is_set():
            raise Stopped(f"Stopped while another run was about to send {item_ids[0]}.")

    def send_again(self, batch: Batch, failed: dict[str, Submission]) -> Submitted:
        """Send Items once more, each for itself; follow what another run, or an earlier attempt of this task, sent.

        Args:
            failed: by Item, the submission that failed.
        """
        submitted, left = Submitted(batch), tuple(failed)
        claimed = self._run.claim_again({item_id: failed[item_id].operation_id for item_id in left})
        while left:
            for item_id in sorted(claimed):
                self._send_one(item_id, submitted, failed[item_id].attempt + 1)
            left = self._take_over([item_id for item_id in left if item_id not in claimed], submitted)
            self._wait_for_others(left)
            claimed = self._run.claim(left, replaces=batch.replaces)  # of a run that died meanwhile
        return submitted

    def post(self, item_ids: tuple[str, ...], attempt: int = 1, *, replaces: bool = False) -> Submission:
        """Send Items in one request, or one in the place of that which the catalog has."""
        items = [self._run.spool.read(item_id) for item_id in item_ids]
        if replaces:
            operation = self._catalog.stac.begin_create_or_replace_item(self._collection_id, items[0])
        else:
            operation = self._catalog.stac.begin_create_items(self._collection_id, items)
        self._run.record_submitted(item_ids, operation.id, attempt)
        self._watch.expect(operation)
        return Submission(item_ids, operation.id, attempt, replaces)

    def _sent_before(self, item_ids: list[str], submitted: Submitted) -> set[str]:
        """Return which Items got through, of those that a dead run, or an attempt of this one, was about to send.

        It may have sent them and died before it wrote down the operation; once all operations that are open now have
        ended, what it sent is there.
        """
        if not item_ids:
            return set()
        for status in ("Running", "Pending"):
            for page in self._catalog.ingestion.list_operations(self._collection_id, status):
                for operation in page:
                    self._watch.wait(operation.id)
        there = self._catalog.stac.existing_ids(self._collection_id, item_ids)
        submitted.settled += [ItemOutcome(item_id=item_id, state=ItemState.INGESTED) for item_id in sorted(there)]
        return there

    def _send_claimed(self, item_ids: tuple[str, ...], submitted: Submitted) -> None:
        """Send Items together. If the service refuses them as a whole, send each: one bad Item harms no other."""
        if submitted.batch.replaces or len(item_ids) == 1:
            self._send_singly(item_ids, submitted)
            return
        try:
            submitted.submissions += [self.post(item_ids)] if item_ids else []
        except RefusedError:
            self._send_singly(item_ids, submitted)

    def _send_singly(self, item_ids: tuple[str, ...], submitted: Submitted) -> None:
        for item_id in item_ids:
            self._send_one(item_id, submitted, 1)

    def _send_one(self, item_id: str, submitted: Submitted, attempt: int) -> None:
        try:
            submitted.submissions.append(self.post((item_id,), attempt, replaces=submitted.batch.replaces))
        except RefusedError as error:
            submitted.settled.append(refusal(item_id, error, attempt))

    def _take_over(self, item_ids: list[str], submitted: Submitted) -> tuple[str, ...]:
        """Wait for operations that other runs began; return the Items that another run is about to send."""
        by_operation: dict[str, list[str]] = {}
        left = []
        for item_id, entry in self._run.entries(item_ids).items():
            if entry.is_under_way and entry.operation_id:
                by_operation.setdefault(entry.operation_id, []).append(item_id)
            elif entry.state is ItemState.PLANNED:
                left.append(item_id)
            else:
                submitted.settled.append(_of_other_run(entry))
        replaces = submitted.batch.replaces
        submitted.submissions += [
            Submission(tuple(ids), operation, replaces=replaces, is_own=False)
            for operation, ids in by_operation.items()
        ]
        return tuple(left)


def _of_other_run(entry: Entry) -> ItemOutcome:
    """Return the outcome that another run came to; what it ingested or proved is proven again by this one."""
    is_there = entry.state in (ItemState.INGESTED, ItemState.PROVEN)
    state = ItemState.INGESTED if is_there else entry.state
    return ItemOutcome(item_id=entry.item_id, state=state, operation_id=entry.operation_id, failure=entry.failure)


def refusal(item_id: str, error: RefusedError, attempt: int = 1) -> ItemOutcome:
    """Return the outcome of an Item that the service refused at once."""
    failure = Failure(code=error.code or f"HTTP {error.status}", message=str(error), kind=FailureClass.PERMANENT)
    return ItemOutcome(item_id=item_id, state=ItemState.FAILED, submitted=True, attempts=attempt, failure=failure)


@task(name="submit", task_run_name="submit {batch.label}", **RETRIED, **UNCACHED)
def submit_batch(batch: Batch, work: Any) -> Submitted:
    """Send a batch of Items.

    Args:
        work: the `Work` that all task runs of the ingest share.

    Raises:
        BatchFailed: each of them was refused.
    """
    submitter = submitter_of(work)
    submitted = submitter.send(batch)
    work.run.record([outcome for outcome in submitted.settled if outcome.submitted])
    if submitted.settled and all(outcome.is_failed for outcome in submitted.settled) and not submitted.submissions:
        raise BatchFailed(submitted.settled)
    return submitted


def submitter_of(work: Work) -> Submitter:
    """Return what sends the Items of an ingest, with the clients of this process."""
    interval = get_settings().poll_interval
    return Submitter(geocatalog(), operation_watch(work.collection_id), work.collection_id, work.run, interval=interval)
