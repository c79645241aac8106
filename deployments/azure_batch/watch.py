"""Looks at all Batch tasks of a worker together: one list of open tasks per job serves any number of flow runs."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import anyio
from anyio import to_thread

from clients.azure_batch import AzureBatch, BatchTaskView
from deployments.azure_batch.configuration import AzureBatchConfiguration
from deployments.azure_batch.output import OutputTail
from deployments.azure_batch.verdict import Ended, Limits, Stop, verdict
from models.errors import GeoCatalogFlowsError, NotFoundError

LONGEST_PAUSE = 300.0
"""Seconds between two looks, at most; the form allows no longer interval."""
READERS = 16
"""Threads that read Batch at once, for all runs."""

Say = Callable[[str], None]
Cancelled = Callable[[list[UUID]], Awaitable[set[UUID]]]
"""Flow runs -> those of them that are being cancelled, or are cancelled."""


@dataclass(eq=False)
class Watched:
    """A flow run and its Batch task.

    Attributes:
        say: writes to the run's logs.
        stopping: why the Batch task was told to end.
        ending: how it ended, once it has.
    """

    run_id: UUID
    batch: AzureBatch
    job_id: str
    task_id: str
    configuration: AzureBatchConfiguration
    say: Say
    has_ended: anyio.Event = field(default_factory=anyio.Event)
    attempt: tuple[int, int] | None = None
    state: str = ""
    cancelled_since: datetime | None = None
    stopping: Stop | None = None
    ending: Ended | None = None

    def __post_init__(self) -> None:
        """Begin to read at the beginning of the output."""
        whose = self.job_id, self.task_id
        self.tail = OutputTail(partial(self.batch.read_file, *whose), partial(self.batch.size_of_file, *whose))

    @property
    def identifier(self) -> str:
        """What Prefect keeps as the run's `infrastructure_pid`."""
        return f"{self.job_id}:{self.task_id}"

    @property
    def limits(self) -> Limits:
        """How long it may wait."""
        minutes = self.configuration.start_timeout_minutes
        return Limits(minutes * 60 if minutes else None, self.configuration.cancel_grace_seconds)


class Watch:
    """Looks at what is watched until it has ended.

    Args:
        cancelled: asks Prefect.
        warn: for what concerns no run, such as Batch being away.
    """

    def __init__(self, cancelled: Cancelled, warn: Say) -> None:
        self._cancelled = cancelled
        self._warn = warn
        self._watched: dict[str, Watched] = {}
        self._threads = anyio.CapacityLimiter(READERS)
        self._is_away = False
        self._added = anyio.Event()

    def add(self, watched: Watched) -> None:
        """Look after a flow run's Batch task from now on."""
        self._watched[watched.identifier] = watched  # of a run, two while its earlier attempt is ending
        self._added.set()

    def forget(self, watched: Watched) -> None:
        """Look after it no longer."""
        self._watched.pop(watched.identifier, None)

    def __contains__(self, run_id: UUID) -> bool:
        return any(watched.run_id == run_id for watched in self._watched.values())

    def __len__(self) -> int:
        return len(self._watched)

    async def run(self) -> None:
        """Look again and again, as often as the most impatient of the runs wants it."""
        while True:
            if not self._watched:
                self._added = anyio.Event()
                await self._added.wait()
            await anyio.sleep(
                min([LONGEST_PAUSE, *(one.configuration.poll_interval for one in self._watched.values())])
            )
            await self.look()

    async def look(self) -> None:
        """Look once at all. Batch or Prefect being away is told once, and looked over."""
        groups: defaultdict[tuple[AzureBatch, str], list[Watched]] = defaultdict(list)
        for watched in self._watched.values():
            if watched.ending is None:
                groups[watched.batch, watched.job_id].append(watched)
        try:
            await self._note_cancelled([one for group in groups.values() for one in group])
            for (batch, job_id), group in groups.items():
                await self._look_at_job(batch, job_id, group)
            self._is_away = False
        except GeoCatalogFlowsError as error:
            if not self._is_away:
                self._warn(f"{error} Runs go on; they are looked at again.")
            self._is_away = True

    async def _note_cancelled(self, group: list[Watched]) -> None:
        cancelled = await self._cancelled([watched.run_id for watched in group]) if group else set()
        for watched in group:
            if watched.run_id in cancelled and watched.cancelled_since is None:
                watched.cancelled_since = datetime.now(UTC)

    async def _look_at_job(self, batch: AzureBatch, job_id: str, group: Iterable[Watched]) -> None:
        tasks = await self._in_thread(_open_tasks, batch, job_id)
        async with anyio.create_task_group() as looks:
            for watched in group:
                looks.start_soon(self._look_at, watched, tasks.get(watched.task_id))

    async def _look_at(self, watched: Watched, task: BatchTaskView | None) -> None:
        try:
            task = task or await self._in_thread(_ended_task, watched)
            self._tell_progress(watched, task)
            await self._stream(watched, task)
            step = verdict(task, watched.limits, datetime.now(UTC), watched.cancelled_since)
            if isinstance(step, Ended):
                watched.ending = step
                watched.has_ended.set()
            elif step is not None and watched.stopping is None:
                watched.stopping = await self._in_thread(_stop, watched, step)
        except GeoCatalogFlowsError as error:
            if not self._is_away:
                self._warn(f"{watched.identifier}: {error}")
            self._is_away = True

    def _tell_progress(self, watched: Watched, task: BatchTaskView | None) -> None:
        if task is None:
            return
        if watched.attempt is not None and task.attempt != watched.attempt:
            watched.tail.restart()
            watched.say(f"The Batch task was lost with its node; Batch runs it again (requeue {task.requeues}).")
        watched.attempt = task.attempt
        if task.state != watched.state:
            watched.state = task.state
            if task.state == "running":
                watched.say(f"The Batch task runs on node {task.node_id}.")

    async def _stream(self, watched: Watched, task: BatchTaskView | None) -> None:
        if task is None or not watched.configuration.stream_output or task.state not in ("running", "completed"):
            return
        has_ended = not task.is_open
        while not watched.tail.is_done:
            for name, line in await self._in_thread(partial(watched.tail.lines, ended=has_ended)):
                watched.say(f"{name.removesuffix('.txt')}: {line}")
            if not has_ended:
                return

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        # left to itself when the worker stops: the SDK may be repeating a call for a minute
        return await to_thread.run_sync(function, *arguments, abandon_on_cancel=True, limiter=self._threads)


def _open_tasks(batch: AzureBatch, job_id: str) -> dict[str, BatchTaskView]:
    try:
        return {task.id: task for task in batch.list_tasks(job_id, "state ne 'completed'")}
    except NotFoundError:  # the job was deleted
        return {}


def _ended_task(watched: Watched) -> BatchTaskView | None:
    try:
        return watched.batch.get_task(watched.job_id, watched.task_id)
    except NotFoundError:
        return None


def _stop(watched: Watched, step: Stop) -> Stop:
    watched.batch.terminate_task(watched.job_id, watched.task_id)
    return Stop(step.state, f"{step.reason}: {_nodes_of(watched)}" if step.asks_pool else step.reason)


def _nodes_of(watched: Watched) -> str:
    """Return how the pool stands, and what to do. The Batch task was ended already: no error may hide why."""
    pool_id = watched.configuration.pool_id
    try:
        return f"{watched.batch.get_pool(pool_id).sentence}. Resize it, or wait longer."
    except NotFoundError:
        return f"pool {pool_id} does not exist any more. Make it again, or change 'Pool' in the work pool."
    except GeoCatalogFlowsError as error:
        return f"how pool {pool_id} stands could not be read: {error}"
