"""Start and stop the processes of the demo and of `geocatalog up`: each in a process of its own, with a log file."""

import getpass
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import requests
from filelock import FileLock, Timeout

from models.errors import GeoCatalogFlowsError, InvalidRequest

READY_TIMEOUT = 90.0
"""Seconds until a server must answer: a first start migrates Prefect's database (9 s) and makes the scenes (10 s)."""
STOP_TIMEOUT = 10.0
"""Seconds that a process gets to stop before it is killed."""


class ServiceFailed(GeoCatalogFlowsError):
    """A server did not start."""


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the port of this machine; 0 stands for any and always is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_CLAIMED: dict[int, FileLock] = {}
"""Ports that this process is going to use, each with a lock that ends with it."""


def port_lock(port: int) -> FileLock:
    """Return the lock by which the processes of a user tell each other who is about to listen on a port."""
    return FileLock(Path(tempfile.gettempdir()) / f"geocatalog-flows-{getpass.getuser()}-{port}.lock", timeout=0)


def free_port(wanted: int) -> int:
    """Return the port if nothing listens on it, and nobody else is about to, else another free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted if is_free(wanted) and _claim(wanted) else 0))
        return int(probe.getsockname()[1])


def _claim(port: int) -> bool:
    """Claim a port for this process: two demos that start at once would both find it free, and meet each other's."""
    if not port or port in _CLAIMED:
        return True
    lock = port_lock(port)
    try:
        lock.acquire()
    except Timeout:
        return False
    _CLAIMED[port] = lock
    return True


def require_free_port(port: int, variable: str) -> None:
    """Refuse a port that another program has.

    Args:
        port: on 127.0.0.1.
        variable: of `make`, which chooses another one.

    Raises:
        InvalidRequest: as said.
    """
    if not is_free(port):
        raise InvalidRequest(
            f"Port {port} is taken by another program: stop that program, or take another port with"
            f" {variable}=N, such as {variable}={port + 10_000 if port < 50_000 else port - 10_000}."
        )


def answers(url: str) -> Callable[[], bool]:
    """Return the question whether a server answers at a URL with 200."""

    def ask() -> bool:
        try:
            return requests.get(url, timeout=5).ok
        except requests.RequestException:
            return False

    return ask


def listens(pid: int, port: int) -> bool:
    """Tell whether a process or a child of it listens on the port; yes where the system does not say."""
    try:
        leader = psutil.Process(pid)
        tree = [leader, *leader.children(recursive=True)]
        heard = [connection for each in tree for connection in each.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in heard)


class Service:
    """A program in a process of its own, with its output in a log file.

    Args:
        name: in messages, and of the log file.
        command: the program and its arguments.
        is_ready: tells whether it does its work.
        user: name of the account that it runs as; this process's own by default.
        port: on which it answers; another program that answers there is not taken for it.
        tied: its standard input stays open as long as this process lives; by that, `cli.tied` ends it.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        is_ready: Callable[[], bool],
        folder: Path,
        environment: dict[str, str],
        user: str | None = None,
        *,
        port: int | None = None,
        tied: bool = False,
    ) -> None:
        self.name = name
        self.is_ready = is_ready
        self._port = port
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,  # so that Ctrl-C reaches the command line first
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )

    def wait_until_ready(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Return when the program does its work.

        Raises:
            ServiceFailed: it ended, or was not ready in time; the message holds the end of its log.
        """
        deadline = clock() + READY_TIMEOUT
        while clock() < deadline and self.process.poll() is None:
            if self.is_ready() and (self._port is None or listens(self.process.pid, self._port)):
                return
            sleep(0.1)
        lines = self._log.read_text(errors="replace").strip().splitlines()
        raise ServiceFailed(f"The {self.name} did not start ({self._log}): {' / '.join(lines[-3:])}")

    def stop(self) -> None:
        """Stop the program and its children."""
        stop_tree(self.process.pid)
        self.process.wait()


def stop_tree(pid: int) -> None:
    """Stop a process, then its children, first kindly, then for good; return when they are gone.

    Children are found by their parents, not by their group: Prefect gives each flow run a group of its own.
    """
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        children = leader.children(recursive=True)
        _end([leader])
        _end(children)


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=STOP_TIMEOUT)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=STOP_TIMEOUT)


def remember(path: Path, services: list[Service]) -> None:
    """Write down which processes were left running, in the order in which they are to be stopped."""
    ids = {service.name: service.process.pid for service in services}
    left = {name: {"pid": pid, "started": _started(pid)} for name, pid in ids.items()}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(left))
    new.replace(path)  # at once: whoever writes may be killed


def remembered(path: Path) -> dict[str, int | None]:
    """Return the processes that were left running: name and id, None for one that runs no more."""
    if not path.exists():
        return {}
    left = json.loads(path.read_text())
    return {
        name: known["pid"] if _started(known["pid"]) == known["started"] else None  # ids are used again
        for name, known in left.items()
    }


def stop_remembered(path: Path, stopped: Callable[[str], None] = lambda name: None) -> list[str]:
    """Stop the processes that were left running; return their names.

    Args:
        stopped: called after each, with its name; those that come later still run then.
    """
    running = {name: pid for name, pid in remembered(path).items() if pid is not None}
    for name, pid in running.items():
        stop_tree(pid)
        stopped(name)
    path.unlink(missing_ok=True)
    return list(running)


def _started(pid: int) -> float | None:
    """Return when a process began, seconds since 1970; None if there is none, or it has ended already."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
