"""Open the ledger's database: create it, bring an older one up to date, refuse what is not ours to touch."""

import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from ledger import sqlite_file
from ledger.database import BUSY_TIMEOUT, SCHEMA, Database
from models.errors import LedgerUnusable, TransientError

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Versions of the schema, oldest first, as in `migrations/versions/`."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x47434C47
"""Advisory lock of PostgreSQL that is held while the schema is made or changed."""
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_EXAMPLES = "sqlite:////folder/ledger.sqlite or postgresql+psycopg://user:password@host/database"


def open_database(url: str, now: Callable[[], datetime]) -> Database:
    """Open the ledger, create it if there is none, or bring it to this version.

    Raises:
        LedgerUnusable: it is damaged, no ledger, of a newer version, or cannot be opened; it was left as it is.
        TransientError: the database cannot be reached just now.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_file(parsed, now)
    database = _connect(parsed, parsed.set(query={}).render_as_string(hide_password=True))
    try:
        with database.write() as connection:
            _prepare_schema(connection, database.place)
    except BaseException:
        database.close()
        raise
    return database


def _parse(text_: str) -> URL:
    try:
        url = make_url(text_)
    except ArgumentError:
        raise LedgerUnusable(f"GEOCATALOG_LEDGER_URL is not a database URL: write it as {_EXAMPLES}.") from None
    backend, _, driver = url.drivername.partition("+")
    known = _DRIVERS.get(backend)
    if known is None or driver not in ("", known.partition("+")[2]):
        raise LedgerUnusable(f"GEOCATALOG_LEDGER_URL names {url.drivername}, but the ledger takes {_EXAMPLES}.")
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        raise LedgerUnusable(f"GEOCATALOG_LEDGER_URL names no file: write it as {_EXAMPLES}.")
    return url.set(drivername=known)


def _connect(url: URL, place: str) -> Database:
    try:
        return Database(url, place)
    except ModuleNotFoundError:
        raise LedgerUnusable(
            "A ledger on PostgreSQL needs the driver psycopg: pip install 'geocatalog-flows[postgresql]'."
        ) from None


def _open_file(url: URL, now: Callable[[], datetime]) -> Database:
    path = Path(str(url.database)).expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = _require_known(sqlite_file.inspect(path), str(path))
        if known == VERSIONS[-1]:
            return _connect(url.set(database=str(path)), str(path))
    except OSError as error:
        raise LedgerUnusable(f"The folder of the ledger {path} cannot be made ({error.strerror}).") from None
    except sqlite3.OperationalError as error:
        raise TransientError(f"The ledger {path} is in use ({error}): try again.") from None
    return _bring_up_to_date(url.set(database=str(path)), path, now)


def _bring_up_to_date(url: URL, path: Path, now: Callable[[], datetime]) -> Database:
    database = _connect(url, str(path))
    try:
        with database.translated():
            _use_write_ahead_log(path)
        with database.write() as connection:
            version = _require_known(_version(connection), str(path))  # another process may have been faster
            if version and version != VERSIONS[-1]:
                sqlite_file.back_up(path, version, now())
            _upgrade(connection, version)
            connection.exec_driver_sql(f"PRAGMA application_id={sqlite_file.APPLICATION_ID}")
    except BaseException:
        database.close()
        raise
    return database


def _use_write_ahead_log(path: Path) -> None:
    """Switch the file to WAL, for good. SQLite does not wait for others here, so that this does."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT)
        try:
            connection.execute("PRAGMA journal_mode=wal")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise LedgerUnusable(
                    f"The ledger {path} cannot be written ({error}): check the rights on it."
                ) from None
            time.sleep(0.01)
        finally:
            connection.close()


def _prepare_schema(connection: Connection, place: str) -> None:
    """Create the tables on PostgreSQL, or bring them up to date; one process at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if not inspect(connection).has_schema(SCHEMA):
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    version = _require_known(_version(connection), place)
    if version is None and inspect(connection).get_table_names(schema=SCHEMA):
        raise LedgerUnusable(f"{place} has a schema {SCHEMA} that is not a ledger's: name another database.")
    _upgrade(connection, version)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _require_known(version: str | None, place: str) -> str | None:
    if version is None or version in VERSIONS:
        return version
    raise LedgerUnusable(
        f"The ledger {place} has version {version}, which is newer than {VERSIONS[-1]}, the newest that this program"
        " knows: update geocatalog-flows, or name another ledger in GEOCATALOG_LEDGER_URL."
    )


def _upgrade(connection: Connection, version: str | None, target: str = "head") -> None:
    if version == VERSIONS[-1]:
        return
    from alembic import command  # takes a tenth of a second, and is needed once
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
