"""Start and stop the servers of the demo: the local GeoCatalog and a Prefect server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import requests

from models.errors import GeoCatalogFlowsError

READY_TIMEOUT = 90.0
"""Seconds until a server must answer: a first start migrates Prefect's database (9 s) and makes the scenes (10 s)."""
STOP_TIMEOUT = 10.0
"""Seconds that a server gets to stop before it is killed."""


class ServiceFailed(GeoCatalogFlowsError):
    """A server did not start."""


def free_port(wanted: int) -> int:
    """Return the port if nothing listens on it, else another free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServiceFailed("No free port on 127.0.0.1.")


class Service:
    """A server in a process of its own, with its output in a log file.

    Args:
        name: in messages, and of the log file.
        command: arguments after the Python interpreter.
        health_url: answers 200 when the server is ready.
    """

    def __init__(
        self, name: str, command: list[str], health_url: str, folder: Path, environment: dict[str, str]
    ) -> None:
        self.name = name
        self.command = command
        self._health_url = health_url
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,  # so that Ctrl-C reaches the demo first, and its children can be stopped as one
            )

    def wait_until_ready(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Return when the server answers.

        Raises:
            ServiceFailed: it ended, or did not answer in time; the message holds the end of its log.
        """
        deadline = clock() + READY_TIMEOUT
        while clock() < deadline and self.process.poll() is None:
            try:
                if requests.get(self._health_url, timeout=5).ok:
                    return
            except requests.RequestException:
                sleep(0.1)
        lines = self._log.read_text(errors="replace").strip().splitlines()
        raise ServiceFailed(f"The {self.name} did not start ({self._log}): {' / '.join(lines[-3:])}")

    def stop(self) -> None:
        """Stop the server and its children."""
        stop_group(self.process.pid)
        self.process.wait()


def stop_group(
    pid: int, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Stop a process and its children, first kindly, then for good; return when they are gone."""
    deadline = clock() + STOP_TIMEOUT
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        while clock() < deadline:
            with suppress(ChildProcessError):  # it may be another process's child
                os.waitpid(pid, os.WNOHANG)
            os.killpg(pid, 0)
            sleep(0.05)
        os.killpg(pid, signal.SIGKILL)


def remember(path: Path, services: list[Service]) -> None:
    """Write down which processes were left running."""
    left = {service.name: {"pid": service.process.pid, "command": service.command} for service in services}
    path.write_text(json.dumps(left))


def stop_remembered(path: Path) -> list[str]:
    """Stop the processes that an earlier demo left running; return their names."""
    if not path.exists():
        return []
    left = json.loads(path.read_text())
    running = {name: known["pid"] for name, known in left.items() if _runs(known["pid"], known["command"])}
    for pid in running.values():
        stop_group(pid)
    path.unlink()
    return list(running)


def _runs(pid: int, command: list[str]) -> bool:
    """Tell whether a process is the one that was started with this command: ids are used again."""
    question = ["ps", "-p", str(pid), "-o", "args="]
    listed = subprocess.run(question, capture_output=True, text=True, check=False)  # noqa: S603 - a number is all it takes
    return " ".join(command) in listed.stdout
