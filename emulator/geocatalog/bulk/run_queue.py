"""The queue of bulk runs, one at work at a time, and what is left to do of the one at work."""

import uuid
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.database import Database
from emulator.geocatalog.operations import BULK_TYPES, NEVER, NewOperation, Operation, Operations
from emulator.json_types import JsonDict

SCHEMA = """
CREATE TABLE IF NOT EXISTS bulk_work(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL, done REAL NOT NULL, source BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS bulk_work_order ON bulk_work(operation, seq);
"""
_OPEN = f"outcome IS NULL AND type IN {BULK_TYPES}"


@dataclass(frozen=True)
class Work:
    """One Item of a run."""

    seq: int
    done: float
    """When the run is through with it, in seconds since the epoch."""
    source: str | JsonDict
    """Where the Item lies, or the Item itself."""


class RunQueue:
    """Bulk runs within the table of operations; only `settlement` lets them advance."""

    def __init__(self, database: Database, operations: Operations) -> None:
        self._database = database
        self._operations = operations
        database.execute_script(SCHEMA)

    def enqueue(self, new: NewOperation, now: float, pending_seconds: float) -> Operation:
        """Add a run; once it is its turn and `pending_seconds` have passed, it starts."""
        payload = orjson.dumps({**new.payload, "earliest": now + pending_seconds})
        row = (str(uuid.uuid4()), new.type, new.collection, new.target, 0, payload, now, NEVER, NEVER)
        with self._database.transaction() as db:
            columns = "id, type, collection, target, total, payload, created, starts, ends"
            db.execute(f"INSERT INTO operation({columns}) VALUES(?,?,?,?,?,?,?,?,?)", row)
        self.promote()
        return Operation(*row[:5], now, NEVER, NEVER)

    def promote(self) -> None:
        """Give the oldest queued run its turn if no other has it."""
        with self._database.transaction() as db:
            busy = db.execute(f"SELECT 1 FROM operation WHERE {_OPEN} AND starts < ?", (NEVER,)).fetchone()
            query = f"SELECT id, payload FROM operation WHERE {_OPEN} ORDER BY seq LIMIT 1"
            first = None if busy else db.execute(query).fetchone()
            if first:
                ended = f"SELECT max(ends) FROM operation WHERE outcome IS NOT NULL AND type IN {BULK_TYPES}"
                starts = max(orjson.loads(first["payload"])["earliest"], db.execute(ended).fetchone()[0] or 0.0)
                db.execute("UPDATE operation SET starts=?, ends=? WHERE id=?", (starts, starts, first["id"]))
        self._operations.plan_next()

    def start(self, operation: Operation, payload: Any, work: list[tuple[float, str | JsonDict]], ready: float) -> None:
        """Keep what the run has to do, with the time at which each Item is done; `ready`: its catalog is read."""
        rows = [(operation.id, done, zlib.compress(orjson.dumps(source), 1)) for done, source in work]
        read = orjson.dumps({**payload, "read": True})
        query = "UPDATE operation SET total=?, payload=?, ends=? WHERE id=? AND outcome IS NULL"
        with self._database.transaction() as db:
            db.executemany("INSERT INTO bulk_work(operation, done, source) VALUES(?,?,?)", rows)
            db.execute(query, (len(rows), read, rows[0][1] if rows else ready, operation.id))

    def due(self, operation: Operation, now: float, limit: int) -> list[Work]:
        """Return Items that the run is through with by `now`, in order."""
        query = "SELECT seq, done, source FROM bulk_work WHERE operation=? AND done<=? ORDER BY seq LIMIT ?"
        rows = self._database.reader().execute(query, (operation.id, now, limit)).fetchall()
        return [Work(row["seq"], row["done"], orjson.loads(zlib.decompress(row["source"]))) for row in rows]

    def advance(self, operation: Operation, finished: list[Work], failed: int) -> bool:
        """Count finished Items and plan the next step; False when nothing is left.

        A run that was canceled meanwhile keeps its end.
        """
        with self._database.transaction() as db:
            last = finished[-1].seq if finished else -1
            db.execute("DELETE FROM bulk_work WHERE operation=? AND seq<=?", (operation.id, last))
            query = "SELECT done FROM bulk_work WHERE operation=? ORDER BY seq LIMIT 1"
            following = db.execute(query, (operation.id,)).fetchone()
            ends = following["done"] if following else finished[-1].done if finished else operation.ends
            counts = "done=done+?, failed=failed+?, ends=CASE WHEN outcome IS NULL THEN ? ELSE ends END"
            values = (len(finished) - failed, failed, ends, operation.id)
            db.execute(f"UPDATE operation SET {counts} WHERE id=?", values)
        return following is not None

    def forget_work(self, operation_id: str) -> None:
        """Drop what a run has not done."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM bulk_work WHERE operation=?", (operation_id,))

    def clear(self) -> None:
        """Drop everything; the operations themselves are cleared apart."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM bulk_work")
