"""One sign-in for all processes of a machine: a file that only this user can read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout
from pydantic import BaseModel, Field, ValidationError

from models.errors import Stopped, TransientError

LOCK_TIMEOUT = 120.0
"""Seconds to wait for another process that signs in; a sign-in takes one, and up to forty if the service is down."""


class Grant(BaseModel):
    """What a sign-in or a refresh has brought; times are seconds since 1970."""

    access_token: str = Field(repr=False)
    expires_at: float
    refresh_token: str = Field(default="", repr=False)
    refresh_expires_at: float = 0.0


class TokenFile:
    """The grant of one account on this machine.

    Args:
        path: where it is; its folder is made.
        cancelled: tells whether the process is asked to stop; nobody waits for another process then.
    """

    def __init__(self, path: Path, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._path = path
        self._cancelled = cancelled

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from reading, signing in and writing.

        Raises:
            TransientError: another process holds it for longer than a sign-in takes.
            Stopped: the process is asked to stop while it waits.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._path.with_suffix(".lock"), mode=0o600)
        try:
            lock.acquire(timeout=LOCK_TIMEOUT, cancel_check=self._cancelled)
        except Timeout:
            if self._cancelled():
                raise Stopped("Stopped while another process signs in to the Copernicus Data Space.") from None
            raise TransientError(f"Another process signs in and does not end ({self._path}): stop it.") from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Grant | None:
        """Return what is kept; None if there is nothing, or nothing readable."""
        try:
            return Grant.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, grant: Grant) -> None:
        """Keep a grant; a reader sees the old one or the new one, never a half."""
        with NamedTemporaryFile(dir=self._path.parent, delete=False) as file:  # made with mode 0600
            file.write(grant.model_dump_json().encode())
        Path(file.name).replace(self._path)
