"""Gather what became of each Item from the task runs that dealt with it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from models.errors import CredentialsError, TransientError
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState, Outcomes
from models.redact import redact
from tasks.plan import Batch
from tasks.submit import BatchFailed, Submitted


def outcomes_of(batch: Batch, steps: Sequence[PrefectFuture[Any]]) -> list[ItemOutcome]:
    """Return an outcome for each Item of a batch, from the last of its task runs that ran.

    Args:
        steps: task runs of the batch, the last step first. A step after a failed one never runs (`NotReady`).

    Raises:
        CredentialsError: a task run ended so; its Items are undone, not failed.
    """
    for number, future in enumerate(steps):
        future.wait()
        if future.state.name != "NotReady":
            earlier = steps[number + 1].state if number + 1 < len(steps) else None
            return _read(_known_before(batch, earlier), future.state)
    return _lost(_known_before(batch, None), Failure.of("NotReady", "No task run dealt with it."))


def all_outcomes(chains: Iterable[tuple[Batch, Sequence[PrefectFuture[Any]]]]) -> Iterator[ItemOutcome]:
    """Yield the outcomes of all batches, in their order, as `outcomes_of` returns them.

    Raises:
        CredentialsError: of one of them, once all have ended: a run does not end while its task runs are at work.
    """
    stopped_by: CredentialsError | None = None
    for batch, steps in chains:
        try:
            yield from outcomes_of(batch, steps)
        except CredentialsError as error:
            stopped_by = error
    if stopped_by:
        raise stopped_by


def _known_before(batch: Batch, state: State[Any] | None) -> list[ItemOutcome]:
    """Return what was known of the Items before a step, so that a step that breaks off does not make it forgotten."""
    result: Any = state.result(raise_on_failure=False) if state is not None else None
    if isinstance(result, Outcomes):
        return result.items
    if isinstance(result, Submitted):
        return [
            ItemOutcome(
                item_id=item_id,
                state=ItemState.SUBMITTED,
                submitted=True,
                attempts=submission.attempt,
                operation_id=submission.operation_id,
            )
            for submission in result.submissions
            for item_id in submission.item_ids
        ] + result.settled
    return [ItemOutcome(item_id=item_id, state=ItemState.PLANNED) for item_id in batch.item_ids]


def _read(before: list[ItemOutcome], state: State[Any]) -> list[ItemOutcome]:
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, CredentialsError):
        raise result
    if isinstance(result, BatchFailed):
        return result.outcomes
    if isinstance(result, TransientError):
        return _lost(before, Failure(code="ServiceUnavailable", message=str(result), kind=FailureClass.TRANSIENT))
    if isinstance(result, BaseException) or not isinstance(result, Outcomes):
        return _lost(before, Failure.of(type(result).__name__, redact(str(result)) or state.name or ""))
    return result.items


def _lost(before: list[ItemOutcome], failure: Failure) -> list[ItemOutcome]:
    """Return outcomes of a step that broke off: what was ingested is unproven, what was on its way has failed."""
    return [
        outcome
        if outcome.is_failed
        else outcome.failed(failure, ItemState.UNPROVEN if outcome.state is ItemState.INGESTED else ItemState.FAILED)
        for outcome in before
    ]
