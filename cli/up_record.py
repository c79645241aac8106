"""What `geocatalog up` writes down in its folder, for the next `up` and for `down`: processes, and what was asked."""

import getpass
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cli.services import Service, remember, remembered
from models.errors import InvalidRequest

OWN_DATABASES = ("sqlite", "postgresql")
GIVEN = "given"
"""Stands for a database that was given by its URL, which may hold a password."""


class UpRecord:
    """The files of one folder.

    Attributes:
        processes: file of the processes, which is right at any time: a start may be killed.
        services: what was started, in this order.
    """

    def __init__(self, folder: Path) -> None:
        self.processes = folder / "processes.json"
        self.services: list[Service] = []
        self._asked = folder / "asked.json"
        self._addresses = folder / "addresses.txt"

    def begin(self, asked: Mapping[str, Any]) -> None:
        """Write down what is asked for; what an earlier start came to is void."""
        self._addresses.unlink(missing_ok=True)
        self._write({**asked, "database": _kind(asked["database"])})

    def add(self, service: Service) -> None:
        """Write down a process that was just started; it is stopped before those that were started earlier."""
        self.services.append(service)
        remember(self.processes, self.services[::-1])

    def complete(self, asked: Mapping[str, Any], addresses: str) -> None:
        """Write down that all is up."""
        self._write({**asked, "database": _place(asked["database"])})
        self._addresses.write_text(addresses)

    def stop(self) -> None:
        """Stop what was started, the last first."""
        for service in reversed(self.services):
            service.stop()
        self.processes.unlink(missing_ok=True)

    @property
    def addresses(self) -> str | None:
        """What to tell the user of it, if all is up; None if not."""
        running = remembered(self.processes)
        is_up = running and None not in running.values() and self._addresses.exists()
        return self._addresses.read_text() if is_up else None

    @property
    def has_given_database(self) -> bool:
        """Tell whether Prefect's database was given by its URL: others may use it too."""
        return self._read().get("database", OWN_DATABASES[0]) not in OWN_DATABASES

    def not_applied(self, asked: Mapping[str, Any]) -> str:
        """Return in one sentence what is asked for of a start, and is otherwise in that which is up; "" if nothing."""
        now = {**self._read(), "fresh": False}
        wanted = {name: _place(value) if name == "database" else value for name, value in asked.items()}
        named = ", ".join(_shown(name, value) for name, value in wanted.items() if now.get(name) != value)
        return (
            f"Not applied, since it is up already: {named}. `make down` first, then `make up` again." if named else ""
        )

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self._asked.read_text())) if self._asked.exists() else {}

    def _write(self, asked: Mapping[str, Any]) -> None:
        self._asked.write_text(json.dumps(asked))


def _kind(database: str) -> str:
    return database if database in OWN_DATABASES else GIVEN


def _place(database: str) -> str:
    """Return where a database is, without account, password and options."""
    return database.rpartition("://")[2].rpartition("@")[2].partition("?")[0]


def _shown(name: str, value: Any) -> str:
    """Return an option as `make` takes it."""
    said = {"schedules": "on" if value else "off", "fresh": "1"}.get(name, value)
    return f"{name.upper()}={said}"


@contextmanager
def starting_alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one start: another would take what this one started for the rest of a start that was killed.

    Raises:
        InvalidRequest: another start is at work.
    """
    digest = blake2b(str(folder.resolve()).encode(), digest_size=8).hexdigest()
    lock = FileLock(Path(tempfile.gettempdir()) / f"geocatalog-flows-{getpass.getuser()}-{digest}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InvalidRequest(
            f"Another `geocatalog up` is starting in {folder}: wait for it, or give another --folder."
        ) from None
    try:
        yield
    finally:
        lock.release()
