"""Short transactions on the ledger's database; its errors become sentences."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.errors import LedgerUnusable, TransientError

BUSY_TIMEOUT = 30.0
"""Seconds that a process waits for another one's transaction on the same SQLite file; each takes milliseconds."""
CONNECT_TIMEOUT = 10
"""Seconds until a PostgreSQL server must have answered."""
SCHEMA = "geocatalog_ledger"
"""PostgreSQL schema that holds the tables, so that the database may hold others."""
_PASSING_STATES = {"40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03"}
"""SQLSTATEs of PostgreSQL that pass: serialization, deadlock, lock, too many connections, shutdown, crash, start-up."""


class Database:
    """One database, safe to use from several threads.

    Args:
        url: SQLite or PostgreSQL.
        place: how messages name it; without a password.
    """

    def __init__(self, url: URL, place: str) -> None:
        self.place = place
        self._url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        # Threads of one process queue here: SQLite's own waiting polls, and lets some wait for long.
        self._writer: AbstractContextManager[Any] = threading.RLock() if self.is_sqlite else nullcontext()
        with self.translated():
            self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection to read from.

        Raises:
            TransientError, LedgerUnusable: the database refuses.
        """
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that is committed at the end of the block; on SQLite, it is the only one.

        Raises:
            TransientError, LedgerUnusable: the database refuses; nothing of the block was done.
        """
        with self._writer, self.translated(), self.engine.connect() as opened:
            connection = opened.execution_options(ledger_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn errors of the database into ours."""
        try:
            yield
        except SQLAlchemyError as error:
            raise _translate(error, self.place, self._url) from None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _sqlite_engine(url: URL) -> Engine:
    # Writers are one at a time; readers hold a connection for milliseconds, so that 32 serve any number of threads.
    engine = create_engine(
        url, hide_parameters=True, pool_size=4, max_overflow=28, connect_args={"timeout": BUSY_TIMEOUT}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin transactions by itself, and too late
        connection.execute("PRAGMA foreign_keys=on")
        connection.execute("PRAGMA synchronous=normal")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ledger_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=2,
        max_overflow=6,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET search_path TO {SCHEMA}")
        connection.commit()

    return engine


def _translate(error: SQLAlchemyError, place: str, url: URL) -> TransientError | LedgerUnusable:
    cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    if url.password:
        cause = cause.replace(str(url.password), "***")
    if _is_passing(error, cause):
        return TransientError(f"The ledger {place} cannot be reached just now ({cause}): try again.")
    return LedgerUnusable(f"The ledger {place} cannot be used ({cause}). {_fix(cause)}")


def _is_passing(error: SQLAlchemyError, cause: str) -> bool:
    if isinstance(error, PoolTimeout) or "locked" in cause or "busy" in cause:
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state is not None:
        return state in _PASSING_STATES or state.startswith("08")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    connecting = isinstance(error, OperationalError | InterfaceError) and "connection" in cause
    return lost or (connecting and "authentication" not in cause and "does not exist" not in cause)


_FIXES = {
    "malformed": "The file is damaged: restore a backup of it, or move it away; a census rebuilds the ledger.",
    "not a database": "The file is damaged or no ledger: restore a backup of it, or name another file.",
    "disk is full": "Make room on its disk.",
    "readonly": "Give this user the right to write it and its folder.",
    "unable to open": "Check that its folder exists, and that this user may write there.",
    "authentication": "Check user and password in GEOCATALOG_LEDGER_URL.",
    "does not exist": "Check user and database in GEOCATALOG_LEDGER_URL.",
    "permission denied": f"Grant the user CREATE on the database, or ownership of its schema {SCHEMA}.",
}


def _fix(cause: str) -> str:
    fixes = (fix for sign, fix in _FIXES.items() if sign in cause)
    return next(fixes, "Check GEOCATALOG_LEDGER_URL.")
