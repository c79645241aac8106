"""Look at a SQLite file before anything is written to it."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from models.errors import LedgerUnusable

APPLICATION_ID = 0x47434C47
"""Marks a SQLite file as a ledger, in its header: "GCLG"."""
CHECKED_BYTES = 64 * 1024 * 1024
"""Size up to which every page of a file is checked when it is opened (0.2 s); damage to larger ones shows in use."""
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
"""Bytes of the header: page size at 16, application id at 68 (sqlite.org/fileformat.html)."""
_FOREIGN = "{} is an SQLite file of another program, not a ledger: name another file in GEOCATALOG_LEDGER_URL."
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
        has_log, size = _has_log(path), path.stat().st_size  # before the header: the file may be made meanwhile
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise LedgerUnusable(f"The ledger {path} cannot be read ({error.strerror}): name a file.") from None
    if header and not header.startswith(_MAGIC):
        raise LedgerUnusable(
            f"{path} is no ledger, or a damaged one: it is not an SQLite file. Restore a backup of it, or name another"
            " file in GEOCATALOG_LEDGER_URL."
        )
    if not has_log and _is_foreign(header, size):  # else the newest header may be in the log
        raise LedgerUnusable(_FOREIGN.format(path))
    return bool(header)


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _is_foreign(header: bytes, size: int) -> bool:
    """Tell a file of another program by its header: merely opening it could leave files beside it."""
    page_size = int.from_bytes(header[16:18], "big")
    has_tables = size > page_size > 1  # the largest page size, 65,536, is written as 1
    return has_tables and int.from_bytes(header[68:72], "big") != APPLICATION_ID


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)


def _version(connection: sqlite3.Connection, path: Path) -> str | None:
    connection.execute("BEGIN")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if not tables and application in (0, APPLICATION_ID):
        return None
    if application != APPLICATION_ID:
        raise LedgerUnusable(_FOREIGN.format(path))
    if path.stat().st_size <= CHECKED_BYTES:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise LedgerUnusable(f"The ledger {path} {_DAMAGED.format(finding.splitlines()[-1])}")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    if row is None:
        raise LedgerUnusable(f"The ledger {path} {_DAMAGED.format('it does not tell its version')}")
    return str(row[0])
