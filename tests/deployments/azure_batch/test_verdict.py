"""What follows from how a Batch task and its flow run stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.schemas.objects import State, StateType

from clients.azure_batch import BatchTaskView
from deployments.azure_batch.runs import final_state
from deployments.azure_batch.verdict import BEFORE_START, GONE, Ended, Limits, Stop, verdict

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIMITS = Limits(start_timeout=600, cancel_grace=45)


def task(state: str, seconds: float = 1, **values: Any) -> BatchTaskView:
    return BatchTaskView("t", state, since=NOW - timedelta(seconds=seconds), **values)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize("state", ["active", "preparing", "running"])
def test_an_open_task_is_waited_for(state: str) -> None:
    assert verdict(task(state), LIMITS, NOW, None) is None


def test_a_task_that_does_not_start_is_ended() -> None:
    step = verdict(task("active", 601), LIMITS, NOW, None)
    assert step == Stop("CRASHED", "The Batch task did not start within 10 minutes", asks_pool=True)
    assert verdict(task("running", 601), LIMITS, NOW, None) is None
    assert verdict(task("active", 10**6), Limits(None, 45), NOW, None) is None


def test_a_cancelled_run_is_ended_at_once_before_its_start_and_after_its_grace_later() -> None:
    assert verdict(task("active"), LIMITS, NOW, NOW) == Stop("CANCELLED", BEFORE_START)
    assert verdict(task("preparing"), LIMITS, NOW, NOW) == Stop("CANCELLED", BEFORE_START)
    assert verdict(task("running"), LIMITS, NOW, ago(44)) is None
    late = verdict(task("running"), LIMITS, NOW, ago(46))
    assert isinstance(late, Stop) and "did not stop within 45 s" in late.reason


def test_how_a_task_ended_is_told_with_node_and_cause() -> None:
    assert verdict(task("completed", exit_code=0), LIMITS, NOW, None) == Ended(0)
    failed = verdict(task("completed", exit_code=3, failure="FailureExitCode: x", node_id="n"), LIMITS, NOW, None)
    assert failed == Ended(3, "The Batch task ended on node n with exit code 3: FailureExitCode: x.")
    image = verdict(task("completed", failure="ContainerInvalidImage: no such image"), LIMITS, NOW, None)
    assert image == Ended(1, "The Batch task ended without an exit code: ContainerInvalidImage: no such image.")
    assert verdict(None, LIMITS, NOW, None) == Ended(1, GONE)


FAILED = Ended(137, "killed")


@pytest.mark.parametrize(
    ("current", "ending", "stopping", "expected"),
    [
        (StateType.COMPLETED, Ended(0), None, None),
        (StateType.FAILED, FAILED, None, None),
        (StateType.SCHEDULED, Ended(0), None, None),
        (StateType.PAUSED, Ended(0), None, None),
        (StateType.RUNNING, FAILED, None, (StateType.CRASHED, "killed")),
        (StateType.PENDING, FAILED, Stop("CRASHED", "waited"), (StateType.CRASHED, "waited")),
        (StateType.CANCELLING, FAILED, Stop("CANCELLED", "asked"), (StateType.CANCELLED, "asked")),
        (StateType.CANCELLING, FAILED, None, (StateType.CANCELLED, "killed")),
        (StateType.CANCELLING, Ended(0), None, (StateType.CANCELLED, "Cancelled.")),
    ],
)
def test_a_run_gets_the_state_that_it_could_not_give_itself(
    current: StateType, ending: Ended, stopping: Stop | None, expected: tuple[StateType, str] | None
) -> None:
    state = final_state(State(type=current), ending, stopping)
    assert (state and (state.type, state.message)) == expected


def test_a_run_that_says_nothing_after_a_good_end_is_crashed() -> None:
    state = final_state(State(type=StateType.RUNNING), Ended(0), None)
    assert state and state.type is StateType.CRASHED and "exit code 0, but the run is still Running" in state.message
