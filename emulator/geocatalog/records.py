"""The GeoCatalog's smaller documents: sources, render options, mosaics, queryables."""

import orjson

from emulator.database import Database
from emulator.json_types import JsonDict

SCHEMA = """
CREATE TABLE IF NOT EXISTS record(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
    body BLOB NOT NULL, UNIQUE(kind, scope, id));
"""


class RecordStore:
    """Documents by kind, scope (a Collection's id, or nothing) and id; in order of creation."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.execute_script(SCHEMA)

    def put(self, kind: str, scope: str, record_id: str, body: JsonDict) -> None:
        """Add or replace one document; a replaced one keeps its place in the order."""
        query = "INSERT INTO record(kind, scope, id, body) VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET body=excluded.body"
        with self._database.transaction() as db:
            db.execute(query, (kind, scope, record_id, orjson.dumps(body)))

    def get(self, kind: str, scope: str, record_id: str) -> JsonDict | None:
        """Return one document, or None."""
        query = "SELECT body FROM record WHERE kind=? AND scope=? AND id=?"
        row = self._database.reader().execute(query, (kind, scope, record_id)).fetchone()
        document: JsonDict | None = orjson.loads(row["body"]) if row else None
        return document

    def list(self, kind: str, scope: str = "") -> list[JsonDict]:
        """Return all documents of a kind within a scope, oldest first."""
        query = "SELECT body FROM record WHERE kind=? AND scope=? ORDER BY seq"
        return [orjson.loads(row["body"]) for row in self._database.reader().execute(query, (kind, scope))]

    def delete(self, kind: str, scope: str, record_id: str) -> bool:
        """Delete one document; False when there was none."""
        with self._database.transaction() as db:
            query = "DELETE FROM record WHERE kind=? AND scope=? AND id=?"
            return db.execute(query, (kind, scope, record_id)).rowcount > 0

    def delete_scope(self, scope: str) -> None:
        """Delete everything that belongs to one Collection."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM record WHERE scope=?", (scope,))

    def clear(self) -> None:
        """Delete everything."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM record")
