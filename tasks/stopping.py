"""A process that is asked to stop waits no longer."""

from models.errors import Stopped
from tasks.operation_watch import STOPPING


def pause(seconds: float) -> None:
    """Wait.

    Raises:
        Stopped: the process is asked to stop.
    """
    if STOPPING.wait(seconds):
        raise_if_stopping()


def raise_if_stopping() -> None:
    """Raise if the process is asked to stop.

    Raises:
        Stopped: as said.
    """
    if STOPPING.is_set():
        raise Stopped("Stopped. What was received is kept; running the same request again goes on from there.")
