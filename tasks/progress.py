"""What a run says while it works: to the Prefect UI always, and to whoever listens in this process."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Protocol
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import MissingContextError

UPDATE_INTERVAL = 2.0
"""Seconds between two updates of the progress artifact; each is a request to the Prefect server."""


class Listener(Protocol):
    """Shows a run on a terminal."""

    def say(self, message: str) -> None:
        """Show that a step is done."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Show how many Items, or what else is counted, have an outcome."""

    def receive(self, here: int, total: int, text: str) -> None:
        """Show how many bytes of downloads are here, and the same in words."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send what runs say in this context to a listener too."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def current_listener() -> Listener | None:
    """Return who listens in this context, for threads that do not share it."""
    return _LISTENER.get()


def say(message: str) -> None:
    """Log a message of the current run."""
    with suppress(MissingContextError):  # a plain function called without Prefect has no log of a run
        get_run_logger().info(message)
    if (listener := _LISTENER.get()) is not None:
        listener.say(message)


def show_progress(artifact: UUID | None, percent: float, text: str) -> None:
    """Update a progress artifact, if there is one; a Prefect server that is away must end no work."""
    if artifact is not None:
        with suppress(httpx.HTTPError):
            update_progress_artifact(artifact, percent, text)


class Progress:
    """Counts the Items that have an outcome; safe to share between the task runs of one flow run.

    Args:
        what: what is counted.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic, what: str = "Items") -> None:
        self._total = total
        self._what = what
        self._done: set[str] = set()
        self._clock = clock
        self._shown = clock()
        self._lock = threading.Lock()
        self._listener = _LISTENER.get()
        self._artifact: UUID | None = None

    def publish(self, key: str) -> "Progress":
        """Create the progress artifact of the flow run; needs its context."""
        if self._listener is not None:
            self._listener.advance(0, self._total, self._what)
        self._artifact = create_progress_artifact(0.0, key=key, description=self._text())  # type: ignore[assignment]  # sync here
        return self

    def settle(self, item_ids: Iterable[str]) -> None:
        """Count Items that have an outcome now; a repeated task run counts none twice."""
        with self._lock:
            before = len(self._done)
            self._done.update(item_ids)
            is_last = before < self._total <= len(self._done)
            due = is_last or self._clock() - self._shown >= UPDATE_INTERVAL
            if due:
                self._shown = self._clock()
            if self._listener is not None:
                self._listener.advance(len(self._done), self._total, self._what)
        if due:
            show_progress(self._artifact, 100 * len(self._done) / max(self._total, 1), self._text())

    def _text(self) -> str:
        return f"{len(self._done)} of {self._total} {self._what} have an outcome"
