"""Retries of tasks: minutes. Seconds are the HTTP session's, and a flow has none."""

from typing import Any

from prefect import Task
from prefect.cache_policies import INPUTS, NO_CACHE, TASK_SOURCE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from models.errors import TransientError


def if_transient(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Tell whether the failure may pass by itself."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


RETRIED: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=10),  # 10, 20, 40 seconds, after the session's 30
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": if_transient,
}
"""Options of a task that asks a remote API."""

UNCACHED: dict[str, Any] = {"cache_policy": NO_CACHE}
"""Options of a task that writes, or whose answer changes: a cache would claim that an empty catalog is full."""

# TASK_SOURCE belongs to the key: by INPUTS alone, two tasks with equal arguments would share their results.
READ_KEY = INPUTS + TASK_SOURCE
