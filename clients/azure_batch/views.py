"""What this project reads of pools and tasks, without the SDK's types."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from azure.batch import models as bm

OPEN = ("active", "preparing", "running")


@dataclass(frozen=True)
class BatchTaskView:
    """One Batch task as it is now.

    Attributes:
        state: active (waits for a node), preparing, running or completed.
        since: when it entered this state, UTC.
        exit_code: None unless its process ended by itself.
        failure: why it failed, in words; None if it did not.
        requeues: how often it was lost with its node and begun again.
        retries: how often it was begun again after a failure.
        node_id: where it runs or ran.
    """

    id: str
    state: str
    since: datetime | None = None
    exit_code: int | None = None
    failure: str | None = None
    requeues: int = 0
    retries: int = 0
    node_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.state in OPEN

    @property
    def attempt(self) -> tuple[int, int]:
        """Changes when it begins anew, with empty files."""
        return self.requeues, self.retries


@dataclass(frozen=True)
class PoolView:
    """One pool as it is now.

    Attributes:
        state: active or deleting.
        nodes: dedicated and low-priority nodes that there are.
        target_nodes: as many as there shall be.
        slots_per_node: Batch tasks of one slot that a node runs at once.
        resize_errors: why there are fewer nodes than there shall be.
        identities: ARM ids of its user-assigned identities.
        autoscales: whether a formula says how many nodes there are.
    """

    id: str
    state: str
    nodes: int
    target_nodes: int
    slots_per_node: int
    resize_errors: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    autoscales: bool = False

    @property
    def sentence(self) -> str:
        """Its nodes, in words."""
        text = f"pool {self.id} has {self.nodes} of {self.target_nodes} nodes, {self.slots_per_node} slots each"
        return f"{text}; resize errors: {'; '.join(self.resize_errors)}" if self.resize_errors else text


@dataclass(frozen=True)
class TaskCounts:
    """Batch tasks of a job by state; `completed` = `succeeded` + `failed`."""

    active: int
    running: int
    completed: int
    succeeded: int
    failed: int


def text_of(value: str | None) -> str:
    """Return the service's own word: the SDK gives an enumeration, or text where it does not know the word."""
    return str(value.value) if isinstance(value, Enum) else value or ""


def view_of_task(task: bm.BatchTask) -> BatchTaskView:
    """Return what is read of a task; members that were not selected have their defaults."""
    info = task.execution_info
    return BatchTaskView(
        id=str(task.id),
        state=text_of(task.state),
        since=task.state_transition_time,
        exit_code=info.exit_code if info else None,
        failure=_failure_of(info.failure_info) if info and info.failure_info else None,
        requeues=info.requeue_count or 0 if info else 0,
        retries=info.retry_count or 0 if info else 0,
        node_id=task.node_info.node_id if task.node_info else None,
    )


def _failure_of(failure: bm.BatchTaskFailureInfo) -> str:
    details = [str(one.value) for one in failure.details or [] if one.name == "Message"]
    return ": ".join([f"{failure.code}", *filter(None, [failure.message, *details])])


def view_of_pool(pool: bm.BatchPool) -> PoolView:
    """Return what is read of a pool."""
    identities = pool.identity.user_assigned_identities if pool.identity else None
    return PoolView(
        id=str(pool.id),
        state=text_of(pool.state),
        nodes=(pool.current_dedicated_nodes or 0) + (pool.current_low_priority_nodes or 0),
        target_nodes=(pool.target_dedicated_nodes or 0) + (pool.target_low_priority_nodes or 0),
        slots_per_node=pool.task_slots_per_node or 1,
        resize_errors=tuple(f"{error.code}: {error.message}" for error in pool.resize_errors or []),
        identities=tuple(identity.resource_id for identity in identities or []),
        autoscales=bool(pool.enable_auto_scale),
    )
