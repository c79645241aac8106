"""What follows from how a Batch task and its flow run stand. Pure: nothing is asked of anybody here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clients.azure_batch import BatchTaskView

GONE = "The Batch task does not exist any more: it, or its job, was deleted."
BEFORE_START = "Cancelled before it started; its Batch task was ended."


@dataclass(frozen=True)
class Limits:
    """How long a Batch task may wait for a node, and how long a cancelled run may go on; seconds."""

    start_timeout: float | None
    cancel_grace: float


@dataclass(frozen=True)
class Stop:
    """The Batch task shall be ended.

    Attributes:
        state: of the flow run afterwards.
        reason: in words, for its state.
        asks_pool: the reason is to be completed with how the pool stands.
    """

    state: Literal["CANCELLED", "CRASHED"]
    reason: str
    asks_pool: bool = False


@dataclass(frozen=True)
class Ended:
    """The Batch task has ended.

    Attributes:
        exit_code: 0 is success; another where its process did not end by itself.
        reason: why it failed, in words; None if it did not.
    """

    exit_code: int
    reason: str | None = None


def verdict(
    task: BatchTaskView | None, limits: Limits, now: datetime, cancelled_since: datetime | None
) -> Stop | Ended | None:
    """Return what is to be done; None: to wait.

    Args:
        task: how it stands; None: there is none.
        limits: of the flow run.
        now: UTC.
        cancelled_since: when it was seen first that the flow run is being cancelled; None: it is not.
    """
    if task is None:
        return Ended(1, GONE)
    if not task.is_open:
        return _ended(task)
    if cancelled_since is not None:
        return _cancelled(task, limits, (now - cancelled_since).total_seconds())
    waits = (now - task.since).total_seconds() if task.since and task.state != "running" else 0.0
    if limits.start_timeout is not None and waits > limits.start_timeout:
        minutes = limits.start_timeout / 60
        return Stop("CRASHED", f"The Batch task did not start within {minutes:g} minutes", asks_pool=True)
    return None


def _cancelled(task: BatchTaskView, limits: Limits, seconds: float) -> Stop | None:
    if task.state != "running":
        return Stop("CANCELLED", BEFORE_START)
    if seconds <= limits.cancel_grace:
        return None
    return Stop(
        "CANCELLED", f"Cancelled; it did not stop within {limits.cancel_grace:g} s, and its Batch task was ended."
    )


def _ended(task: BatchTaskView) -> Ended:
    if task.failure is None and task.exit_code == 0:
        return Ended(0)
    where = f" on node {task.node_id}" if task.node_id else ""
    code = "without an exit code" if task.exit_code is None else f"with exit code {task.exit_code}"
    cause = f": {task.failure}" if task.failure else ""
    return Ended(task.exit_code or 1, f"The Batch task ended{where} {code}{cause}.")
