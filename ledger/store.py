"""What every part of the ledger shares: the database, the catalog's rows in it, and the clock."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.database import Database
from ledger.schema import collection, run

CHUNK = 1000
"""Values of one IN list; SQLite takes 32,766 in a statement, PostgreSQL 65,535."""


class Store:
    """Rows of one catalog.

    Args:
        catalog: URL of the GeoCatalog.
        now: returns the time in UTC.
    """

    def __init__(self, database: Database, catalog: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._catalog = catalog.rstrip("/")
        self._now = now
        self._run_keys: dict[str, int] = {}
        self._collection_keys: dict[str, int] = {}

    def _insert(self, table: Any) -> Any:
        """Return an INSERT that can have ON CONFLICT; the two databases write it alike."""
        return (sqlite if self._database.is_sqlite else postgresql).insert(table)

    def _run_key(self, connection: Connection, run_id: str) -> int:
        """Return the key of a run's row.

        Raises:
            ValueError: the run was not begun.
        """
        if run_id not in self._run_keys:
            query = select(run.c.id).where(run.c.catalog == self._catalog, run.c.run_id == run_id)
            key = connection.execute(query).scalar()
            if key is None:
                raise ValueError(f"the run {run_id} was not begun")
            self._run_keys[run_id] = key
        return self._run_keys[run_id]

    def _find_collection(self, connection: Connection, collection_id: str) -> int | None:
        """Return the key of a Collection's row; None if there is none yet."""
        if collection_id not in self._collection_keys:
            mine = (collection.c.catalog == self._catalog, collection.c.collection_id == collection_id)
            key = connection.execute(select(collection.c.id).where(*mine)).scalar()
            if key is None:
                return None
            self._collection_keys[collection_id] = key
        return self._collection_keys[collection_id]

    def _collection_key(self, connection: Connection, collection_id: str) -> int:
        """Return the key of a Collection's row, which is made if there is none."""
        known = self._find_collection(connection, collection_id)
        return self._lock_collection(connection, collection_id) if known is None else known

    def _lock_collection(self, connection: Connection, collection_id: str) -> int:
        """Return the key of a Collection's row, which is made if there is none; others wait to lock it."""
        new = {"catalog": self._catalog, "collection_id": collection_id}
        connection.execute(self._insert(collection).values(new).on_conflict_do_nothing())
        mine = (collection.c.catalog == self._catalog, collection.c.collection_id == collection_id)
        # key_share: rows that refer to this one may be written meanwhile
        return int(
            connection.execute(select(collection.c.id).where(*mine).with_for_update(key_share=True)).scalar_one()
        )
