"""A PostgreSQL server in a temporary folder, from the binaries of this machine."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from ledger.database import SCHEMA

PASSWORD = "planted-password"


class NoServer(Exception):
    """PostgreSQL cannot be started here; the message says why."""


class PostgresServer:
    """Start with `start`, stop with `stop`; `empty_database` empties its database."""

    def __init__(self) -> None:
        self._binaries = _binaries()
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._user and not shutil.which("runuser"):
            raise NoServer("PostgreSQL does not run as root, and there is no runuser")
        self._folder = Path(tempfile.mkdtemp(prefix="ledger-postgresql-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])

    def start(self) -> "PostgresServer":
        (self._folder / "password").write_text(PASSWORD)
        if self._user:
            shutil.chown(self._folder, "postgres")
            shutil.chown(self._folder / "password", "postgres")
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "ledger", "-A", "scram-sha-256", "--pwfile", f"{self._folder}/password")
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", data, "-w", "-l", f"{self._folder}/log", "-o", options, "start")
        return self

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def empty_database(self) -> str:
        """Return the URL of the one database, without what an earlier test left there: a new one takes a second."""
        engine = create_engine(self.url("postgres"))
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        engine.dispose()
        return self.url("postgres")

    def url(self, database: str, password: str = PASSWORD) -> str:
        url = URL.create("postgresql+psycopg", "ledger", password, "127.0.0.1", self._port, database)
        return url.render_as_string(hide_password=False)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [*self._user, str(self._binaries / program), *arguments]
        done = subprocess.run(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        if check and done.returncode:
            raise NoServer(f"{program} failed: {done.stderr.strip()}")


def _binaries() -> Path:
    """Return the newest folder that holds the server."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent, *folders] if on_path else folders
    if not folders:
        raise NoServer("there is no PostgreSQL server on this machine")
    return folders[-1]


def started_server() -> Iterator[PostgresServer]:
    """Yield a server, and stop it afterwards; skip the test where none can be started."""
    try:
        server = PostgresServer()
    except NoServer as reason:
        pytest.skip(str(reason))
    try:
        yield server.start()
    except NoServer as reason:
        pytest.skip(str(reason))
    finally:
        server.stop()
