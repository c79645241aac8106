"""Flow runs as Prefect knows them: which are cancelled, how one ends, and which a lost worker left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed

from deployments.azure_batch.submission import attempt_in, attempt_of
from deployments.azure_batch.verdict import Ended, Stop
from models.errors import TransientError

PAGE = 200
"""Flow runs in one answer of Prefect's API, at most."""
STALE = timedelta(seconds=60)
"""A run that is Pending for longer, without a Batch task, was lost by its worker: a submission takes some seconds."""
OPEN = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


@contextmanager
def told_if_away() -> Iterator[None]:
    """Turn the errors of a Prefect API that is away into ours.

    Raises:
        TransientError: it cannot be reached, or answers 5xx.
    """
    try:
        yield
    except httpx.TransportError as error:
        raise TransientError(f"The Prefect API cannot be reached ({type(error).__name__}).") from None
    except httpx.HTTPStatusError as error:
        if error.response.status_code < 500:
            raise
        raise TransientError(f"The Prefect API answered {error.response.status_code}.") from None


async def cancelled_among(client: PrefectClient, run_ids: list[UUID]) -> set[UUID]:
    """Return those of the flow runs that are being cancelled, or are cancelled."""
    found: set[UUID] = set()
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING, StateType.CANCELLED]))
    for start in range(0, len(run_ids), PAGE):
        ids = FlowRunFilterId(any_=run_ids[start : start + PAGE])
        runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter(id=ids, state=state), limit=PAGE)
        found.update(run.id for run in runs)
    return found


def final_state(current: State | None, ending: Ended, stopping: Stop | None) -> State | None:
    """Return the state that a flow run gets when its Batch task has ended; None: the one that it has is right.

    The flow itself says how it ended. This is for the runs that could not: whose process was killed, or never began.
    """
    if current is None or current.type not in OPEN:
        return None  # it has ended; or it is paused, or waits to be retried, and its process was right to end
    if stopping is not None:
        return Cancelled(message=stopping.reason) if stopping.state == "CANCELLED" else Crashed(message=stopping.reason)
    if current.type is StateType.CANCELLING:
        return Cancelled(message=ending.reason or "Cancelled.")
    reason = ending.reason or f"The Batch task ended with exit code 0, but the run is still {current.name}."
    return Crashed(message=reason)


def is_earlier(run: FlowRun, task_id: str) -> bool:
    """Tell whether a Batch task is of an attempt before the current one: its end says nothing about the run."""
    attempt, told = attempt_of(str(run.id), task_id), attempt_in(run)
    if attempt is None:
        return False
    is_retried = run.state is not None and run.state.is_pending() and run.run_count > attempt
    return is_retried or (told is not None and told > attempt)


async def settle(
    client: PrefectClient, run_id: UUID, task_id: str, ending: Ended, stopping: Stop | None
) -> State | None:
    """Give a flow run whose Batch task has ended its state, where it could not itself; return that state."""
    try:
        run = await client.read_flow_run(run_id)
    except ObjectNotFound:
        return None
    state = None if is_earlier(run, task_id) else final_state(run.state, ending, stopping)
    if state is not None:
        await client.set_flow_run_state(run_id, state, force=True)
    return state


@dataclass(frozen=True)
class Orphan:
    """A flow run that no worker looks after; `is_stale` says that its submission must have been lost."""

    run: FlowRun
    is_stale: bool


async def orphans(client: PrefectClient, pool_name: str, worker_name: str) -> list[Orphan]:
    """Return the open flow runs of a work pool that no other worker looks after.

    Args:
        client: of the Prefect API.
        pool_name: the work pool.
        worker_name: of this worker: what it began in an earlier life is its own.
    """
    others = await _online_workers(client, pool_name) - {worker_name}
    now = datetime.now(UTC)
    return [
        Orphan(run, run.state is not None and now - run.state.timestamp > STALE)
        for run in await _open_runs(client, pool_name)
        if (run.labels or {}).get("prefect.worker.name") not in others
    ]


async def _online_workers(client: PrefectClient, pool_name: str) -> set[str]:
    workers = await client.read_workers_for_work_pool(pool_name)
    return {worker.name for worker in workers if worker.status is WorkerStatus.ONLINE}


async def _open_runs(client: PrefectClient, pool_name: str) -> list[FlowRun]:
    chosen = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=OPEN)))
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool_name]))
    runs: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(flow_run_filter=chosen, work_pool_filter=pool, limit=PAGE, offset=len(runs))
        runs += page
        if len(page) < PAGE:
            return runs


async def give_state(client: PrefectClient, run: FlowRun, state: State[Any]) -> bool:
    """Give a flow run another state, unless it has changed since it was read; tell whether it was given."""
    now = await client.read_flow_run(run.id)
    if now.state_id != run.state_id:
        return False
    await client.set_flow_run_state(run.id, state, force=True)
    return True
