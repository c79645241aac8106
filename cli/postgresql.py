"""A database of Prefect's on PostgreSQL: a server of our own, or one that is there."""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from cli.services import Service, free_port
from models.errors import InvalidRequest
from models.redact import redact

ACCOUNT = "postgres"
"""The account that Debian's package makes; the server refuses to run as root."""
CONNECT_TIMEOUT = 5.0
"""Seconds to wait for an answer of a PostgreSQL server."""
SCHEME = "postgresql+asyncpg://"


def given_database(url: str) -> str:
    """Return the URL of a PostgreSQL database as Prefect wants it, after one connection.

    Raises:
        InvalidRequest: it is no such URL, or the database cannot be reached.
    """
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] != "postgresql" or not rest:  # whichever driver: the ledger's URL names another one
        raise InvalidRequest(
            f"DATABASE={redact(url)} is not understood: leave it out for SQLite, or give postgresql"
            " (a server of its own), or postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE."
        )
    if problem := _problem(rest):
        raise InvalidRequest(f"The database of DATABASE= cannot be used: {redact(problem)}.")
    return SCHEME + rest


def start_server(folder: Path) -> tuple[Service, str]:
    """Start a PostgreSQL server for Prefect; return it with the URL of its database.

    Its data lie in a folder for temporary files, which the file `postgresql` names: for root, the server runs under an
    account that may not enter root's own folders.

    Raises:
        InvalidRequest: there is no PostgreSQL server on this machine, or its data cannot be made.
    """
    binaries = _binaries()
    user = ACCOUNT if os.geteuid() == 0 else None
    data = _data_folder(folder, user)
    password = data / "password"
    if not password.exists():
        _make_data(binaries, data, user)
    port = free_port(0)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    rest = f"prefect:{password.read_text()}@127.0.0.1:{port}/postgres"
    command = [str(binaries / "postgres"), "-D", str(data / "data"), *options]
    service = Service("postgresql", command, lambda: not _problem(rest), folder, {}, user=user)
    return service, SCHEME + rest


def remove_data(folder: Path) -> None:
    """Delete the data of the server that a folder remembers."""
    note = folder / "postgresql"
    if note.is_file():
        shutil.rmtree(note.read_text(), ignore_errors=True)


def _data_folder(folder: Path, user: str | None) -> Path:
    note = folder / "postgresql"
    if note.is_file() and (known := Path(note.read_text())).is_dir():
        return known
    data = Path(tempfile.mkdtemp(prefix="geocatalog-postgresql-"))
    if user:
        shutil.chown(data, user)
    note.write_text(str(data))
    return data


def _make_data(binaries: Path, data: Path, user: str | None) -> None:
    password = data / "password.new"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    if user:
        shutil.chown(password, user)
    shutil.rmtree(data / "data", ignore_errors=True)  # of a first start that was broken off
    options = ["-U", "prefect", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", "--pwfile", str(password)]
    made = subprocess.run(  # noqa: S603 - our own command
        [str(binaries / "initdb"), "-D", str(data / "data"), *options],
        cwd=data,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise InvalidRequest(f"PostgreSQL's data cannot be made in {data}: {made.stderr.strip()}")
    password.rename(data / "password")


def _binaries() -> Path:
    """Return the newest folder that holds the server's programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    folders = [*folders, Path(on_path).resolve().parent] if on_path else folders
    if not folders:
        raise InvalidRequest(
            "DATABASE=postgresql needs a PostgreSQL server on this machine, and there is none: install it (on Debian:"
            " apt-get install postgresql), give the URL of one, or leave DATABASE out for SQLite."
        )
    return folders[-1]


def _problem(rest: str) -> str:
    """Try to connect; return why that failed, "" if it did not."""

    async def connect() -> None:
        connection = await asyncpg.connect(f"postgresql://{rest}", timeout=CONNECT_TIMEOUT)
        await connection.close()

    try:
        asyncio.run(connect())
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError, OverflowError) as error:  # a port above 65535
        return str(error).strip().rstrip(".") or type(error).__name__
    return ""
