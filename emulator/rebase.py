"""Rewrites the URLs in a GeoCatalog's database when the emulator moves to another port."""

import sqlite3
import zlib
from collections.abc import Callable

from emulator.database import Database

PLAIN_COLUMNS = (("collection", "id", "body"), ("record", "seq", "body"), ("operation", "seq", "payload"))

PACKED_COLUMNS = (("doc", "pk", "body"), ("bulk_work", "seq", "source"))


def rebase(database: Database, old_url: str, new_url: str) -> None:
    """Replace one public URL by another in every stored document."""
    old, new = f"{old_url}/".encode(), f"{new_url}/".encode()
    with database.transaction() as db:
        for table, key, column in PLAIN_COLUMNS:
            _rewrite(db, table, key, column, lambda body: body.replace(old, new))
        for table, key, column in PACKED_COLUMNS:
            _rewrite(db, table, key, column, lambda body: zlib.compress(zlib.decompress(body).replace(old, new), 1))


def _rewrite(db: sqlite3.Connection, table: str, key: str, column: str, change: Callable[[bytes], bytes]) -> None:
    rows = db.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
    changed = [(after, row[0]) for row in rows if (after := change(row[1])) != row[1]]
    db.executemany(f"UPDATE {table} SET {column}=? WHERE {key}=?", changed)
