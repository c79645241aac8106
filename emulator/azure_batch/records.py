"""What an account holds: pools with nodes, jobs with tasks."""

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.azure_batch.errors import invalid_value
from emulator.json_types import JsonDict

if TYPE_CHECKING:
    from emulator.azure_batch.execution import Execution

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ACTIVE, PREPARING, RUNNING, COMPLETED = "active", "preparing", "running", "completed"


def checked_id(body: JsonDict) -> str:
    """Return the body's `id`.

    Raises:
        BatchError: 400, it is none: 1 to 64 letters, digits, - and _.
    """
    text = body.get("id")
    if not isinstance(text, str) or not ID.fullmatch(text):
        raise invalid_value("id", "The id can contain letters, digits, - and _ only, and no more than 64 of them.")
    return text


@dataclass(eq=False)
class Stamped:
    """Something with a state that changes.

    Attributes:
        body: the JSON that created it.
        state: as the service names it.
        etag: changes with each change.
    """

    body: JsonDict
    state: str = ACTIVE
    created: float = field(default_factory=time.time)
    etag: str = ""

    def __post_init__(self) -> None:
        """Begin in the first state."""
        self.enter(self.state)

    @property
    def id(self) -> str:
        """Id that the client gave it."""
        return str(self.body["id"])

    def touch(self) -> None:
        """Note that something changed."""
        self.changed = time.time()
        self.etag = f'"0x{uuid.uuid4().hex[:15].upper()}"'

    def enter(self, state: str) -> None:
        """Change the state."""
        self.state = state
        self.touch()
        self.state_since = self.changed


@dataclass(eq=False)
class Node(Stamped):
    """A machine with slots; `state` is idle, running, preempted or offline."""

    state: str = "idle"
    pool: "Pool" = field(kw_only=True)
    executions: set["Execution"] = field(default_factory=set)
    tasks_run: int = 0
    tasks_succeeded: int = 0

    @property
    def is_up(self) -> bool:
        """Tell whether it can run tasks."""
        return self.state in ("idle", "running")

    @property
    def free_slots(self) -> int:
        """Slots that no task has."""
        used = sum(execution.task.slots for execution in self.executions)
        return self.pool.slots_per_node - used if self.is_up else 0


@dataclass(eq=False)
class Pool(Stamped):
    """Nodes of one kind."""

    nodes: dict[str, Node] = field(default_factory=dict)
    nodes_made: int = 0

    @property
    def slots_per_node(self) -> int:
        """Tasks of one slot that a node runs at once."""
        return int(self.body.get("taskSlotsPerNode") or 1)


@dataclass(eq=False)
class Job(Stamped):
    """Tasks for one pool.

    Attributes:
        waiting: tasks in state active, in the order in which they became so.
        counted: what was true at the last requests for the counts, where these are behind.
    """

    tasks: dict[str, "Task"] = field(default_factory=dict)
    waiting: dict[str, "Task"] = field(default_factory=dict)
    ended: float | None = None
    end_reason: str | None = None
    counted: list[JsonDict] = field(default_factory=list)

    @property
    def pool_id(self) -> str:
        """Pool that runs the tasks; it need not exist."""
        return str(self.body["poolInfo"].get("poolId", ""))

    def open_tasks(self) -> Iterator["Task"]:
        """Yield the tasks that are not completed."""
        return (task for task in self.tasks.values() if task.state != COMPLETED)


@dataclass(eq=False)
class Task(Stamped):
    """One command to run; the counters and times are of `executionInfo`."""

    job: Job = field(kw_only=True)
    folder: Path = field(kw_only=True)
    execution: "Execution | None" = None
    node: Node | None = None
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    failure: JsonDict | None = None
    retries: int = 0
    retried: float | None = None
    requeues: int = 0
    requeued: float | None = None
    files_lost: bool = False

    def enter(self, state: str) -> None:
        """Change the state; the job knows which tasks wait."""
        super().enter(state)
        if state == ACTIVE:
            self.job.waiting[self.id] = self
        else:
            self.job.waiting.pop(self.id, None)

    @property
    def slots(self) -> int:
        """Slots of a node that it needs."""
        return int(self.body.get("requiredSlots") or 1)

    @property
    def constraints(self) -> JsonDict:
        """Retries, wall-clock time, retention."""
        return self.body.get("constraints") or {}

    @property
    def has_succeeded(self) -> bool:
        """Tell whether it completed with exit code 0."""
        return self.state == COMPLETED and self.failure is None
