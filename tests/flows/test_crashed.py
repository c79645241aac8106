"""A run whose process and worker are killed: nobody is left to say so but the Prefect server."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from cli.automate import automate
from models.requests import as_parameters
from tests.flows.test_alerts import alerting, receiver, scenes  # noqa: F401 - fixtures
from tests.flows.test_retry import PROJECT, prefect

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    pause = threading.Event()
    for _ in range(round(seconds)):
        if condition():
            return
        pause.wait(1)
    raise AssertionError(f"not within {seconds} s")


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["/bin/ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(line) for line in listed.stdout.split()]
    return [*children, *(below for child in children for below in descendants(child))]


def kill(pid: int) -> None:
    """Kill a process and all below it at once, as a machine that loses its power does."""
    for each in [pid, *descendants(pid)]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


@pytest.fixture
def worker(emulator, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker whose runs give a sign of life every 30 seconds, the shortest that Prefect allows."""
    prefect("work-pool", "create", "geocatalog", "--type", "process", home=tmp_path)
    signs = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30", "PREFECT_WORKER_QUERY_SECONDS": "1"}
    known = {"PREFECT_API_URL": PREFECT_API_URL.value(), "PREFECT_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "geocatalog"],
        cwd=PROJECT,
        env={**os.environ, **known, **signs},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process
    kill(process.pid)
    process.wait()


def test_a_killed_run_is_marked_as_crashed_and_somebody_is_told(emulator, collection, alerting, worker, tmp_path):  # noqa: F811 - a fixture
    automate(90, None, remove=False)
    emulator.configure(operations={"min_seconds": 3000, "max_seconds": 3001})  # so that the run waits
    deployed = prefect("deploy", "--name", "ingest-items", home=tmp_path)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("ingest-items/ingest-items")
        run = client.create_flow_run_from_deployment(deployment.id, parameters=as_parameters(scenes(collection, 3)))
        wait_until(lambda: len(emulator.submitted()) == 3, 90)
        kill(worker.pid)
        assert client.read_flow_run(run.id).state.is_running()

        wait_until(lambda: client.read_flow_run(run.id).state.is_crashed(), 200)
        assert "No sign of life for 90 s" in client.read_flow_run(run.id).state.message
    (body,) = alerting.wait_for(1)
    assert body["subject"].endswith("crashed")
    assert str(run.id) in body["flow_run"]
    assert "No sign of life for 90 s" in body["text"]
