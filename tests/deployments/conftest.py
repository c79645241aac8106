"""`geocatalog up` in a folder of its own, as a user starts it."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from cli.services import free_port
from tests.conftest import LocalGeoCatalog

PROJECT = Path(__file__).parents[2]
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
RUN_TIMEOUT = 600.0
"""Seconds for one flow run on a machine that has much else to do; a run takes 10-20 s."""


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `geocatalog` in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        stdin=subprocess.DEVNULL,
    )


class Local:
    """What `up` started: the Prefect server over its API, and the local GeoCatalog."""

    def __init__(self, folder: Path, database: str = "sqlite") -> None:
        self.folder = folder
        self.emulator_port, self.prefect_port = free_port(0), free_port(0)
        self.options = ["--emulator-port", str(self.emulator_port), "--prefect-port", str(self.prefect_port)]
        self.options += ["--database", database, "--folder", str(folder)]
        self.url = f"http://127.0.0.1:{self.prefect_port}"
        self.catalog = LocalGeoCatalog(f"http://127.0.0.1:{self.emulator_port}")

    def up(self, *options: str) -> str:
        """Start all; return what was said."""
        done = command("up", *self.options, *options)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def down(self) -> str:
        """Stop all; return what was said."""
        return command("down", "--folder", str(self.folder)).stdout

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in self.folder.glob("*.log"))

    def processes(self) -> list[str]:
        """Return the command lines of processes that know this folder or these ports."""
        marks = (str(self.folder), str(self.emulator_port), str(self.prefect_port))
        found = []
        for process in psutil.process_iter():
            try:
                text = " ".join([*process.cmdline(), *process.environ().values()])
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if any(mark in text for mark in marks):
                found.append(" ".join(process.cmdline()))
        return found

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the Prefect server."""
        answer = requests.request(method, f"{self.url}/api/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def deployment(self, name: str) -> dict[str, Any]:
        return self.api("GET", f"deployments/name/{name}/{name}")

    def start(self, name: str, request: dict[str, Any] | None = None) -> str:
        """Ask for a run of a deployment; return its id."""
        body = {"parameters": {"request": request}} if request else {}
        body["state"] = {"type": "SCHEDULED"}
        return str(self.api("POST", f"deployments/{self.deployment(name)['id']}/create_flow_run", body)["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        return self.api("GET", f"flow_runs/{run_id}")

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Return the runs of a deployment, oldest first."""
        only = {"deployments": {"id": {"any_": [self.deployment(name)["id"]]}}}
        return self.api("POST", "flow_runs/filter", {**only, "sort": "START_TIME_ASC"})

    def planned(self, name: str) -> list[dict[str, Any]]:
        """Return the runs that the schedules of a deployment have planned, the next one first."""
        runs = [run for run in self.runs(name) if run["auto_scheduled"] and run["state"]["type"] == "SCHEDULED"]
        return sorted(runs, key=lambda run: run["expected_start_time"])

    def wait(self, run_id: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """Return a run when it has ended, or when it is as wanted."""
        wanted = until or (lambda run: run["state"]["type"] in ENDED)
        return self.wait_for(lambda: run if wanted(run := self.run(run_id)) else None)

    def wait_for(self, question: Callable[[], Any]) -> Any:
        """Return the first answer that is not None."""
        deadline = time.monotonic() + RUN_TIMEOUT
        while time.monotonic() < deadline:
            if (answer := question()) is not None:
                return answer
            time.sleep(0.5)  # of another process: there is nothing to wait on
        raise AssertionError(f"not in {RUN_TIMEOUT:.0f} s; logs:\n{self.logs()}")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """All of `geocatalog up`, on ports of its own."""
    here = Local(tmp_path_factory.mktemp("up"))
    try:
        said = here.up()
        assert re.search(r"✓ \d+ deployments, schedules off", said)
        yield here
    finally:
        here.down()
