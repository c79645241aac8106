"""Prefect as a command line needs it."""

import os

import requests

from models.errors import TransientError

DELIVERY_TIMEOUT = 20.0
"""Seconds; the records of 450 task runs are delivered in less than 5."""


def prepare_prefect() -> None:
    """Set Prefect up before it is imported: what is not configured gets a value that suits a command line.

    Without PREFECT_API_URL, Prefect starts a temporary server of its own. Its log goes to the API; on the terminal, the
    run is shown by us.
    """
    defaults = {
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
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


def deliver_records() -> None:
    """Wait until the Prefect server has all logs and states of runs of this process; needed before it is stopped."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=DELIVERY_TIMEOUT)
