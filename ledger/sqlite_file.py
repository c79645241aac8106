"""Look at a SQLite file before anything is written to it."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from models.errors import LedgerUnusable

APPLICATION_ID = 0x47434C47
"""Marks a SQLite file as a ledger, in its header: "GCLG"."""
CHECKED_BYTES = 64 * 1024 * 1024
"""Size up to which every page of a file is checked when it is opened (0.1 s); damage to larger ones shows in use."""
_MAGIC = b"SQLite format 3\0"
_DAMAGED = "is damaged ({}). Restore a backup of it, or move it away; a census rebuilds the ledger."


def inspect(path: Path) -> str | None:
    """Return the version of the ledger in the file; None if the file is absent or empty.

    Raises:
        LedgerUnusable: the file is damaged, or no ledger.
    """
    if not _has_content(path):
        return None
    try:
        with closing(_open_to_read(path)) as connection:
            return _version(connection, path)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise
        if "unable to open" in str(error):
            raise LedgerUnusable(f"The ledger {path} cannot be read ({error}): check the rights on it.") from None
        raise LedgerUnusable(f"The ledger {path} {_DAMAGED.format(error)}") from None


def back_up(path: Path, version: str, now: datetime) -> Path:
    """Copy the ledger to a new file beside it, and return that; it does not disturb others that use the ledger.

    Raises:
        LedgerUnusable: there is no room for the copy, or no right to write it.
    """
    copy = path.with_name(f"{path.name}.version-{version}.{now:%Y%m%dT%H%M%S}.backup")
    try:
        with closing(_open_to_read(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise LedgerUnusable(
            f"The ledger {path} has an older version, and no copy of it could be made as {copy.name} before it is"
            f" changed ({error}): make room, or check the rights on its folder."
        ) from None
    return copy


def _has_content(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise LedgerUnusable(f"The ledger {path} cannot be read ({error.strerror}): name a file.") from None
    if start and start != _MAGIC:
        raise LedgerUnusable(
            f"{path} is no ledger, or a damaged one: it is not an SQLite file. Restore a backup of it, or name another"
            " file in GEOCATALOG_LEDGER_URL."
        )
    return bool(start)


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)


def _version(connection: sqlite3.Connection, path: Path) -> str | None:
    connection.execute("BEGIN")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if not tables and application in (0, APPLICATION_ID):
        return None
    if application != APPLICATION_ID:
        raise LedgerUnusable(
            f"{path} is an SQLite file of another program, not a ledger: name another file in GEOCATALOG_LEDGER_URL."
        )
    if path.stat().st_size <= CHECKED_BYTES:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise LedgerUnusable(f"The ledger {path} {_DAMAGED.format(finding.splitlines()[-1])}")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    if row is None:
        raise LedgerUnusable(f"The ledger {path} {_DAMAGED.format('it does not tell its version')}")
    return str(row[0])
