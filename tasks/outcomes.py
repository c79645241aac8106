"""Gather what became of each Item from the task runs that dealt with it."""

from collections.abc import Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from clients.redact import redact
from models.errors import CredentialsError, TransientError
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState
from tasks.plan import Batch
from tasks.submit import BatchFailed


def outcomes_of(batch: Batch, steps: Sequence[PrefectFuture[Any]]) -> list[ItemOutcome]:
    """Return an outcome for each Item of a batch, from the last of its task runs that ran.

    Args:
        steps: task runs of the batch, the last step first. A step after a failed one never runs (`NotReady`).

    Raises:
        CredentialsError: a task run ended so; its Items are undone, not failed.
    """
    for future in steps:
        future.wait()
        if future.state.name != "NotReady":
            return _read(batch, future.state)
    return _lost(batch, "NotReady", "No task run dealt with it.")


def _read(batch: Batch, state: State[Any]) -> list[ItemOutcome]:
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, CredentialsError):
        raise result
    if isinstance(result, BatchFailed):
        return result.outcomes
    if isinstance(result, TransientError):
        return _lost(batch, "ServiceUnavailable", str(result), FailureClass.TRANSIENT)
    if isinstance(result, BaseException) or not isinstance(result, list):
        return _lost(batch, type(result).__name__, redact(str(result)) or state.name or "")
    return result


def _lost(batch: Batch, code: str, text: str, kind: FailureClass = FailureClass.PERMANENT) -> list[ItemOutcome]:
    failure = Failure(code=code, message=text, kind=kind)
    return [ItemOutcome(item_id=id_, state=ItemState.FAILED, failure=failure) for id_ in batch.item_ids]
