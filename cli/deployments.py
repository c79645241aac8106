"""What is done to a Prefect server so that runs can be asked for: work pool, worker, deployments, schedules."""

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

from cli.services import Service, ServiceFailed

POOL = "geocatalog"
WORKER = {
    "PREFECT_WORKER_QUERY_SECONDS": "2",  # a run that was just asked for is begun sooner than by the default, 10 s
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # seconds: the shortest; a run without is known to be dead sooner
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
}
"""Settings of a worker of this machine, which its flow runs inherit."""
SILENT_AFTER = 90
"""Seconds without a sign of life after which a run is dead: three of the above."""
STOPPED = "The worker was stopped. Retry this run, or run it again: it does what is left."
FIRST_RUN_TIMEOUT = 120.0
"""Seconds; a run begins within 10 s, and takes some 5 s."""


def prefect(*arguments: str) -> None:
    """Run Prefect's command line in this folder.

    Raises:
        ServiceFailed: it failed; the message holds the end of what it said.
    """
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env={**os.environ, "PWD": str(Path.cwd())},  # prefect.yaml names the folder by this variable
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise ServiceFailed(f"`prefect {' '.join(arguments)}` failed: {' / '.join(lines[-3:])}")


def make_pool() -> None:
    """Create the work pool, unless there is one."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            prefect("work-pool", "create", POOL, "--type", "process")


def start_worker(folder: Path) -> Service:
    """Start a worker that executes flow runs in processes of this machine."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--name", "local"]
    return Service("worker", command, _has_worker, folder, WORKER)


def _has_worker() -> bool:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        workers = client.read_workers_for_work_pool(POOL)
    return any(worker.status == "ONLINE" for worker in workers)


def deploy_all(*, schedules: bool) -> list[str]:
    """Deploy all of prefect.yaml; return the names of the deployments.

    Args:
        schedules: switch the schedules on; else they are as prefect.yaml has them, off.
    """
    from prefect.client.orchestration import get_client

    prefect("deploy", "--all")
    with get_client(sync_client=True) as client:
        deployed = [known for known in client.read_deployments(limit=200) if known.work_pool_name == POOL]
        for deployment in deployed if schedules else []:
            for schedule in deployment.schedules:
                # Prefect's server forgets the parameters that an update leaves out (PrefectHQ/prefect#17982)
                client.update_deployment_schedule(
                    deployment.id, schedule.id, active=True, parameters=schedule.parameters
                )
    return sorted(deployment.name for deployment in deployed)


def make_automations() -> int:
    """Let the server mark runs of a killed worker as Crashed, and notify where the settings say; return how many."""
    from prefect.client.orchestration import get_client

    from cli.automate import bring_up_to_date

    with get_client(sync_client=True) as client:
        return len(bring_up_to_date(client, SILENT_AFTER))


def onboard_first() -> str:
    """Create the Collection that the forms of the deployments name, by a run of its deployment; return its id.

    Raises:
        ServiceFailed: the run did not complete.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import FlowRun
    from prefect.deployments import run_deployment

    from tasks.connect import geocatalog

    name = "onboard-collection/onboard-collection"
    with get_client(sync_client=True) as client:
        collection_id = str(client.read_deployment_by_name(name).parameters["request"]["collection_id"])
    if geocatalog().stac.get_collection(collection_id) is not None:
        return collection_id
    run = cast(FlowRun, run_deployment(name, timeout=FIRST_RUN_TIMEOUT, poll_interval=0.5))
    if run.state is None or not run.state.is_completed():
        said = f"{run.state.name}: {run.state.message}" if run.state else "no state"
        raise ServiceFailed(f"The first run, {name}, did not complete ({said}): see the worker's log.")
    return collection_id


def crash_unfinished_runs() -> int:
    """Mark the runs that no worker of the pool executes any more as Crashed; return how many there were.

    Prefect would show them as Running for ever, and each would keep the next run of its deployment waiting.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, WorkPoolFilter, WorkPoolFilterName
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    unfinished = FlowRunFilterState.model_validate(
        {"type": {"any_": [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]}}
    )
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=unfinished), work_pool_filter=pool)
        for run in runs:
            client.set_flow_run_state(run.id, Crashed(message=STOPPED), force=True)
    return len(runs)
