"""What becomes of a run that no worker looks after; what hinders one run hinders no other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelling, Pending, Running, Scheduled
from prefect.workers.base import BaseWorker
from pydantic import ValidationError

from clients.azure_batch import AzureBatch
from deployments.azure_batch import worker as worker_module
from deployments.azure_batch.configuration import AzureBatchConfiguration
from deployments.azure_batch.environment import node_environment
from deployments.azure_batch.runs import Orphan, give_state, is_earlier
from deployments.azure_batch.submission import submit
from deployments.azure_batch.takeover import RunTask, next_step, tasks_of_run
from deployments.azure_batch.verdict import Ended
from deployments.azure_batch.watch import Watched
from deployments.azure_batch.worker import AzureBatchWorker
from emulator.azure_batch.server import BatchServer
from settings import forget_settings
from tests.clients.test_azure_batch import client_of
from tests.deployments.azure_batch.test_submission import RUN, prepared

OPEN, ENDED = True, False


def run_in(kind: StateType, run_count: int = 0, told: int | None = None) -> FlowRun:
    pid = None if told is None else f"job:{RUN}-{told}"
    state = State(type=kind)
    return FlowRun(id=UUID(RUN), flow_id=uuid4(), state=state, run_count=run_count, infrastructure_pid=pid)


def step_of(run: FlowRun, *tasks: bool, is_stale: bool = True) -> Any:
    """Decide about a run whose Batch tasks, from attempt 0 on, are open or ended; a state is told by its type."""
    listed = [RunTask(f"job:{RUN}-{number}", number, is_open) for number, is_open in enumerate(tasks)]
    step = next_step(Orphan(run, is_stale), listed)
    return step.type if isinstance(step, State) else step


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_cancelled_run_without_an_open_task_is_cancelled_and_not_submitted(is_stale: bool) -> None:
    cancelling = run_in(StateType.CANCELLING, 1, told=0)
    assert step_of(cancelling, is_stale=is_stale) is StateType.CANCELLED
    assert step_of(cancelling, ENDED, is_stale=is_stale) is StateType.CANCELLED
    assert step_of(cancelling, OPEN, is_stale=is_stale) == f"job:{RUN}-0"


def test_a_pending_run_is_submitted_again_when_it_has_waited_long() -> None:
    assert step_of(run_in(StateType.PENDING), is_stale=False) is None
    assert step_of(run_in(StateType.PENDING)) is StateType.SCHEDULED
    assert step_of(run_in(StateType.PENDING), OPEN) == f"job:{RUN}-0"


def test_a_retried_run_does_not_get_the_task_of_its_earlier_attempt() -> None:
    retried = run_in(StateType.PENDING, run_count=1, told=0)
    assert step_of(retried, ENDED) is StateType.SCHEDULED
    assert step_of(retried, OPEN) is StateType.SCHEDULED, "its process is ending"
    assert step_of(retried, ENDED, OPEN) == f"job:{RUN}-1"


def test_a_running_run_is_never_submitted_again() -> None:
    repeats_itself = run_in(StateType.RUNNING, run_count=3)
    assert step_of(repeats_itself, OPEN) == f"job:{RUN}-0"
    assert step_of(run_in(StateType.RUNNING, 2, told=0), ENDED, OPEN) == f"job:{RUN}-1", "Prefect was not told of it"
    assert step_of(run_in(StateType.RUNNING, 1, told=0)) == f"job:{RUN}-0", "its end is told: it was deleted"
    assert step_of(run_in(StateType.RUNNING, 1)) is StateType.CRASHED
    assert step_of(run_in(StateType.RUNNING, 1), is_stale=False) is None


def test_the_end_of_an_earlier_attempt_says_nothing_about_the_run() -> None:
    assert is_earlier(run_in(StateType.PENDING, run_count=1, told=0), f"{RUN}-0")
    assert is_earlier(run_in(StateType.RUNNING, run_count=2, told=1), f"{RUN}-0")
    assert not is_earlier(run_in(StateType.RUNNING, run_count=3, told=0), f"{RUN}-0")
    assert not is_earlier(run_in(StateType.PENDING, run_count=1, told=0), f"{RUN}-1")
    assert not is_earlier(run_in(StateType.RUNNING, run_count=1), f"{RUN}-0")


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[AzureBatch]:
    with BatchServer(tmp_path) as server:
        server.add_pool("pool", nodes=0)
        yield client_of(server.url)


def test_tasks_are_found_in_the_job_of_the_pool_and_of_the_run(batch: AzureBatch) -> None:
    run = run_in(StateType.RUNNING, 1, told=0)
    assert tasks_of_run(batch, "new", run) == []
    submit(batch, prepared(job_id="job"), RUN, 0)
    batch.terminate_task("job", f"{RUN}-0")
    submit(batch, prepared(job_id="new"), RUN, 10)
    submit(batch, prepared(job_id="new"), RUN, 9)
    assert tasks_of_run(batch, "new", run) == [
        RunTask(f"job:{RUN}-0", 0, False),
        RunTask(f"new:{RUN}-9", 9, True),
        RunTask(f"new:{RUN}-10", 10, True),
    ]


@flow
def small() -> None:
    pass


def test_a_run_that_changes_meanwhile_keeps_its_state(prefect_server: None) -> None:
    async def outcome(is_cancelled: bool) -> tuple[bool, StateType]:
        async with get_client() as client:
            run = await client.create_flow_run(small, state=Pending())
            if is_cancelled:
                await client.set_flow_run_state(run.id, Cancelling())
            given = await give_state(client, run, Scheduled())
            now = await client.read_flow_run(run.id)
            return given, now.state.type

    assert asyncio.run(outcome(True)) == (False, StateType.CANCELLING)
    assert asyncio.run(outcome(False)) == (True, StateType.SCHEDULED)


class Enough(Exception):
    """One look is enough."""


async def no_pause(seconds: float) -> None:
    raise Enough


class Resolved:
    """Resolves all configurations but that of one run, as Prefect does."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def resolve_for_flow_run(self, run: FlowRun, **named: Any) -> AzureBatchConfiguration:
        if run.name == "bad":
            raise self.error
        return prepared()


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        AzureBatchConfiguration(batch_account_url="u", pool_id="p", required_slots="planted")
    return raised.value


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (invalid(), "required_slots: Input should be a valid integer"),
        (ObjectNotFound(ValueError("404"), help_message="there is no such deployment"), "no such deployment"),
        (KeyError("variables"), "'variables'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_run_that_cannot_be_taken_over_is_named_once_and_hinders_no_other(
    batch: AzureBatch, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    bad, good = (FlowRun(id=uuid4(), flow_id=uuid4(), name=name, state=Cancelling()) for name in ("bad", "good"))
    told, given = [], []

    async def left_behind(*arguments: Any) -> list[Orphan]:
        return [Orphan(bad, True), Orphan(good, True)]

    async def note(client: Any, run: FlowRun, state: State[Any]) -> None:
        given.append((run.name, state.type))

    worker = AzureBatchWorker(work_pool_name="pool", name="w")
    worker._client = worker._work_pool = object()
    worker.job_configuration = Resolved(error)
    monkeypatch.setattr(worker, "_account", lambda url: batch)
    monkeypatch.setattr(worker._logger, "warning", lambda text, *values: told.append(text % values))
    monkeypatch.setattr(worker_module, "orphans", left_behind)
    monkeypatch.setattr(worker_module, "give_state", note)
    monkeypatch.setattr(worker_module.anyio, "sleep", no_pause)
    for _ in range(2):
        with pytest.raises(Enough):
            asyncio.run(worker._take_over_runs())
    assert given == [("good", StateType.CANCELLED)] * 2
    (warning,) = told
    assert str(bad.id) in warning and "'bad'" in warning and reason in warning
    assert "planted" not in warning


def test_the_process_of_an_earlier_attempt_ends_badly_and_the_run_goes_on(
    batch: AzureBatch, prefect_server: None
) -> None:
    """The run, which Prefect would crash for another code than 0, is in its second attempt."""

    async def followed() -> tuple[int, bool, FlowRun]:
        worker = AzureBatchWorker(work_pool_name="pool", name="w")
        async with get_client() as worker._client:
            run = await worker._client.create_flow_run(small, state=Running())
            first, second = (
                Watched(run.id, batch, "job", f"{run.id}-{number}", prepared(), print) for number in (0, 1)
            )
            await worker._client.update_flow_run(run.id, infrastructure_pid=second.identifier)
            worker._watch.add(first)
            worker._watch.add(second)
            first.ending = Ended(137, "killed")
            first.has_ended.set()
            result = await worker._follow(first)
            return result.status_code, run.id in worker._watch, await worker._client.read_flow_run(run.id)

    code, is_watched, run = asyncio.run(followed())
    assert (code, is_watched) == (0, True)
    assert run.state is not None and run.state.is_running()


def test_settings_of_the_env_file_reach_the_first_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = {}

    async def begin(worker: AzureBatchWorker) -> None:
        seen.update(node_environment({}, ""))
        raise Enough

    monkeypatch.setenv("GEOCATALOG_URL", "")  # so that what is read from the file is taken back afterwards
    monkeypatch.delenv("GEOCATALOG_URL")
    (tmp_path / ".env").write_text("GEOCATALOG_URL=https://from-the-file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(BaseWorker, "setup", begin)
    forget_settings()
    with pytest.raises(Enough):
        asyncio.run(AzureBatchWorker(work_pool_name="pool", name="w").setup())
    assert seen["GEOCATALOG_URL"] == "https://from-the-file"
    forget_settings()
