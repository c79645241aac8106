"""What becomes of a flow run that no worker looks after: its state and its Batch tasks say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed, Scheduled

from clients.azure_batch import AzureBatch
from deployments.azure_batch.runs import Orphan
from deployments.azure_batch.submission import attempt_in, attempt_of
from deployments.azure_batch.verdict import GONE
from models.errors import NotFoundError

LOST = "The worker that took this run was lost before it reached Azure Batch; it is submitted again."
NO_TASK = "Cancelled; there was no open Batch task of it."


@dataclass(frozen=True)
class RunTask:
    """A Batch task of a flow run; `identifier` is what Prefect keeps as the run's `infrastructure_pid`."""

    identifier: str
    attempt: int
    is_open: bool


def tasks_of_run(batch: AzureBatch, job_id: str, run: FlowRun) -> list[RunTask]:
    """Return the Batch tasks of a flow run, the newest last.

    Args:
        batch: the account.
        job_id: of the work pool as it is now; the job that the run itself names is looked at too.
        run: the flow run.
    """
    named = str(run.infrastructure_pid).partition(":")[0] if attempt_in(run) is not None else job_id
    found = [task for one in sorted({job_id, named}) for task in _tasks_in(batch, one, str(run.id))]
    return sorted(found, key=lambda task: task.attempt)


def _tasks_in(batch: AzureBatch, job_id: str, run_id: str) -> list[RunTask]:
    try:
        tasks = list(batch.list_tasks(job_id, f"startswith(id,'{run_id}')"))
    except NotFoundError:
        return []
    numbered = [(task, attempt_of(run_id, task.id)) for task in tasks]
    return [RunTask(f"{job_id}:{task.id}", number, task.is_open) for task, number in numbered if number is not None]


def next_step(orphan: Orphan, tasks: Sequence[RunTask]) -> str | State[Any] | None:
    """Return the Batch task to look after, as JOB:TASK, or the state that the run gets; None: to wait.

    Args:
        orphan: the run.
        tasks: its Batch tasks, the newest last.
    """
    run = orphan.run
    kind = run.state.type if run.state else None
    if kind is StateType.CANCELLING:
        return _newest([task for task in tasks if task.is_open]) or Cancelled(message=NO_TASK)
    if kind is StateType.PENDING:
        # An ended Batch task may be of the attempt before: if it is not, its failure shows again, and is told then.
        current = _newest([task for task in tasks if task.is_open and task.attempt >= run.run_count])
        return current or (Scheduled(message=LOST) if orphan.is_stale else None)
    # a flow that repeats itself counts its runs on, in one Batch task: of a running one, the newest is the right one
    return _newest(tasks) or _named(run) or (Crashed(message=GONE) if orphan.is_stale else None)


def _newest(tasks: Sequence[RunTask]) -> str | None:
    return tasks[-1].identifier if tasks else None


def _named(run: FlowRun) -> str | None:
    return run.infrastructure_pid if attempt_in(run) is not None else None
