"""Prefect as a command line needs it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from cli.services import Service, answers, free_port
from models.errors import TransientError

LEASES_ON_DISK = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem"}
"""Setting of a Prefect server: by default it keeps leases of concurrency limits in memory, and one that is stopped or
killed leaves their slots taken for ever."""
DELIVERY_TIMEOUT = 20.0
"""Seconds; the records of 450 task runs are delivered in less than 5."""


def prepare_prefect() -> None:
    """Set Prefect up before it is imported: what is not configured gets a value that suits a command line.

    Its log goes to the API; on the terminal, the run is shown by us.
    """
    defaults = {
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def require_prefect_api() -> str:
    """Return where runs are recorded.

    Raises:
        TransientError: the Prefect server does not answer.
    """
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if not url:
        return "PREFECT_API_URL is not set: each run starts a temporary server, and its records stay in Prefect's home"
    try:
        requests.get(f"{url}/health", timeout=10).raise_for_status()
    except requests.RequestException as error:
        raise TransientError(
            f"The Prefect server at {url} does not answer ({type(error).__name__}): start it with"
            " `prefect server start`, or change or unset PREFECT_API_URL."
        ) from None
    return f"{url} answers"


@contextmanager
def prefect_server() -> Iterator[None]:
    """Provide a Prefect server for a run: the configured one, or a temporary one.

    The temporary one is not of this process's group, so that Ctrl-C stops the run and not its server: the run can then
    still be recorded as stopped; it ends by itself if this process is killed.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    if PREFECT_API_URL.value():
        yield
        return
    port = str(free_port(0))
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cli.tied", "cli.prefect_server", "start", "--host", "127.0.0.1", "--port", port]
    with TemporaryDirectory() as folder:
        ready = answers(f"{url}/api/health")
        server = Service("prefect-server", command, ready, Path(folder), LEASES_ON_DISK, tied=True)
        try:
            server.wait_until_ready()
            with temporary_settings({PREFECT_API_URL: f"{url}/api"}):
                try:
                    yield
                finally:
                    deliver_records()
        finally:
            server.stop()


def deliver_records() -> None:
    """Wait until the Prefect server has all logs and states of runs of this process; needed before it is stopped."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=DELIVERY_TIMEOUT)
