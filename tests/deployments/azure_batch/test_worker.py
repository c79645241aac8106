"""The worker as its users meet it: real Prefect server, real worker process, commands that really run."""

import time

import pytest
import requests
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import ContainerClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Running

from emulator.azure_batch.config import WELL_KNOWN_KEY
from tests.deployments.azure_batch.farm import Farm

pytestmark = pytest.mark.long
OUTPUT = {"out": "quick run as local-node-identity\n", "err": ""}


def ended(run: FlowRun) -> tuple[StateType, str]:
    assert run.state is not None
    return run.state.type, run.state.message or ""


def test_a_flow_runs_on_a_node_and_its_output_is_in_the_logs(farm: Farm) -> None:
    run = farm.wait(farm.start({}))
    assert ended(run)[0] is StateType.COMPLETED, (run, farm.log())
    assert run.infrastructure_pid and run.infrastructure_pid.endswith(f":{run.id}-0")
    logs = farm.until(
        lambda: farm.logs(run.id),
        lambda logs: "stdout: printed" in logs and any("logged on node-" in line for line in logs),
    )
    assert sum("logged on node-" in line for line in logs) == 1
    assert any("The Batch task runs on node node-" in line for line in logs)


def test_output_files_of_each_run_have_a_folder_of_their_own(farm: Farm) -> None:
    storage = farm.environment["GEOCATALOG_URL"]
    container = f"{storage}/planetary-computer/blob/staging/runs"
    identity = "/subscriptions/s/userAssignedIdentities/local-node-identity"
    files = [{"container_url": container, "path": "logs"}]
    runs = [farm.quick(code=code, identity_resource_id=identity, output_files=files) for code in (0, 9)]
    assert [ended(farm.wait(run))[0] for run in runs] == [StateType.COMPLETED, StateType.CRASHED]
    for run in runs:
        farm.until_task(run, "completed")
    asked = {"container": "staging/runs", "permissions": "rl", "minutes": 60}
    token = requests.get(f"{storage}/_emulator/sas", params=asked, timeout=60).json()["token"]
    with ContainerClient.from_container_url(f"{container}?{token}") as client:
        texts = {blob.name: client.download_blob(blob.name).readall().decode() for blob in client.list_blobs()}
    assert texts == {f"logs/{run}-0/std{name}.txt": text for run in runs for name, text in OUTPUT.items()}


def test_a_pool_that_is_not_there_is_told(farm: Farm) -> None:
    kind, message = ended(farm.wait(farm.quick(pool_id="none")))
    assert kind is StateType.CRASHED and "has no pool 'none': make it, or change 'Pool'" in message


def test_an_image_that_is_not_there_is_told(farm: Farm) -> None:
    farm.server.account.config = farm.server.account.config.model_copy(update={"images": ["flows:1"]})
    kind, message = ended(farm.wait(farm.quick(image="flows:2")))
    assert kind is StateType.CRASHED
    assert "ContainerInvalidImage" in message and "Failed to pull image flows:2" in message


def test_a_process_that_ends_badly_is_told(farm: Farm) -> None:
    kind, message = ended(farm.wait(farm.quick(code=9)))
    assert kind is StateType.CRASHED and "with exit code 9: FailureExitCode" in message


def test_a_task_that_is_deleted_is_told(farm: Farm) -> None:
    run_id = farm.quick(100)
    farm.until_task(run_id, "running")
    run = farm.until(lambda: farm.run(run_id), lambda run: bool(run.infrastructure_pid))
    job_id, _, task_id = run.infrastructure_pid.partition(":")
    client = BatchClient(farm.server.url, AzureNamedKeyCredential("localbatch", WELL_KNOWN_KEY))
    client.delete_task(job_id, task_id)
    kind, message = ended(farm.wait(run_id))
    assert kind is StateType.CRASHED and "does not exist any more" in message


def test_a_run_that_waits_too_long_is_told_how_the_pool_stands(farm: Farm) -> None:
    farm.server.account.config = farm.server.account.config.model_copy(update={"start_delay": 1000})
    kind, message = ended(farm.wait(farm.quick(start_timeout_minutes=0.02)))
    assert kind is StateType.CRASHED
    assert "did not start within 0.02 minutes: pool pool has 4 of 4 nodes" in message


@pytest.mark.parametrize("stage", ["active", "preparing"])
def test_a_run_is_cancelled_before_it_starts(farm: Farm, stage: str) -> None:
    delay = {"active": "start_delay", "preparing": "prepare_seconds"}[stage]
    farm.server.account.config = farm.server.account.config.model_copy(update={delay: 1000})
    run_id = farm.quick()
    farm.until_task(run_id, stage)
    farm.until(lambda: farm.run(run_id), lambda run: bool(run.infrastructure_pid))
    farm.cancel(run_id)
    kind, message = ended(farm.wait(run_id))
    assert kind is StateType.CANCELLED and "before it started" in message
    farm.until_task(run_id, "completed")
    assert str(run_id) not in farm.journal.read_text()


def test_a_running_flow_is_cancelled(farm: Farm) -> None:
    run_id = farm.start({"seconds": 1000})
    farm.until(lambda: farm.run(run_id), lambda run: run.state.is_running())
    farm.cancel(run_id)
    assert ended(farm.wait(run_id))[0] is StateType.CANCELLED
    farm.until_task(run_id, "completed")


def test_a_process_that_does_not_heed_its_cancellation_is_ended(farm: Farm) -> None:
    run_id = farm.quick(1000, cancel_grace_seconds=1)
    farm.until(lambda: farm.run(run_id), lambda run: run.state.is_running())
    farm.cancel(run_id)
    kind, message = ended(farm.wait(run_id))
    assert kind is StateType.CANCELLED and "did not stop within 1 s" in message
    farm.until_task(run_id, "completed")


@pytest.mark.parametrize("stage", ["preparing", "running"])
def test_a_lost_node_repeats_the_run(farm: Farm, stage: str) -> None:
    farm.server.account.config = farm.server.account.config.model_copy(update={"prepare_seconds": 6})
    run_id = farm.quick(8)
    farm.until_task(run_id, stage)
    if stage == "running":
        farm.until(farm.journal.read_text, lambda text: str(run_id) in text)
    farm.lose_node_of(run_id)
    run = farm.wait(run_id)
    assert ended(run)[0] is StateType.COMPLETED
    assert farm.journal.read_text().count(str(run_id)) == (1 if stage == "preparing" else 2)
    told = "lost with its node; Batch runs it again"
    farm.until(lambda: farm.logs(run_id), lambda logs: any(told in line for line in logs))


def test_batch_may_be_away_for_half_a_minute(farm: Farm) -> None:
    running = farm.quick(5)
    farm.until_task(running, "running")
    farm.server.account.busy_until = time.monotonic() + 30
    waiting = farm.quick()
    assert {ended(farm.wait(run_id))[0] for run_id in (running, waiting)} == {StateType.COMPLETED}
    assert farm.journal.read_text().count(str(waiting)) == 1


def test_a_worker_that_is_killed_and_started_again_takes_its_runs_over(farm: Farm) -> None:
    good, bad = farm.quick(8), farm.quick(8, code=7)
    for run_id in (good, bad):
        farm.until(lambda run_id=run_id: farm.run(run_id), lambda run: bool(run.infrastructure_pid))
    farm.worker.kill()
    farm.worker.wait()
    farm.until_task(bad, "completed")
    assert ended(farm.run(bad))[0] is StateType.RUNNING
    farm.start_worker()
    kind, message = ended(farm.wait(bad))
    assert kind is StateType.CRASHED and "exit code 7" in message
    assert ended(farm.wait(good))[0] is StateType.COMPLETED
    assert farm.journal.read_text().count(str(good)) == 1
    farm.until(lambda: farm.logs(bad), lambda logs: any("takes over the Batch task" in line for line in logs))


def test_a_cancelled_run_that_a_lost_worker_left_without_a_task_does_not_run(farm: Farm) -> None:
    run_id = farm.quick(state=Running())  # begun, so that Prefect's own part of the worker leaves it alone
    farm.cancel(run_id)
    kind, message = ended(farm.wait(run_id))
    assert kind is StateType.CANCELLED and "no open Batch task" in message
    assert farm.task_state(run_id) == "none"


def test_a_worker_stops_and_leaves_its_runs_running(farm: Farm) -> None:
    run_id = farm.quick(100)  # longer than the worker may take to stop
    farm.until(lambda: farm.run(run_id), lambda run: bool(run.infrastructure_pid))
    farm.stop_worker()
    assert farm.task_state(run_id) == "running"
    farm.start_worker()
    assert ended(farm.wait(run_id))[0] is StateType.COMPLETED
