"""Long-running operations: stored with the times at which they start and end.

Nothing runs in the background. A status follows from the clock; the effect of an operation
is applied by `settlement` before the first request that could see it.
"""

import sqlite3
import threading
import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS operation(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    collection TEXT NOT NULL, target TEXT NOT NULL, total INTEGER NOT NULL, payload BLOB,
    created REAL NOT NULL, starts REAL NOT NULL, ends REAL NOT NULL,
    outcome TEXT, failed INTEGER NOT NULL DEFAULT 0, error_code TEXT, error_message TEXT,
    done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS operation_open ON operation(ends) WHERE outcome IS NULL;
CREATE INDEX IF NOT EXISTS operation_target ON operation(collection, target);
"""
PENDING_SHARE = 0.25
"""Part of an operation's duration that it waits as Pending when a slot is free."""
NEVER = float("inf")
BULK_TYPES = ("IngestionStaticCatalog", "IngestionStacGeoparquet")
"""Operations of bulk runs: they have a queue of their own and take effect Item by Item."""


@dataclass(frozen=True)
class Operation:
    """One row; times are seconds since the epoch."""

    id: str
    type: str
    collection: str
    target: str
    """Id of the (first) Item; empty for a Collection."""
    total: int
    created: float
    starts: float
    ends: float
    """Of an open bulk run: when it takes its next step, NEVER while it is queued."""
    outcome: str | None = None
    """Succeeded, Failed or Canceled; None until its effect has been applied."""
    failed: int = 0
    error_code: str | None = None
    error_message: str | None = None
    done: int = 0
    """Items that a bulk run has brought in or skipped so far; 0 for others."""

    def status(self, now: float) -> str:
        """Return the status at `now`."""
        return self.outcome or ("Running" if now >= self.starts else "Pending")


COLUMNS = "id, type, collection, target, total, created, starts, ends, outcome, failed, error_code, error_message, done"


@dataclass(frozen=True)
class NewOperation:
    """What a write request asks for."""

    type: str
    collection: str
    target: str = ""
    total: int = 1
    payload: Any = None


class Operations:
    """Thread-safe table of operations in the GeoCatalog's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.execute_script(SCHEMA)
        self._add_column()
        self.settling = threading.Lock()
        """Held while effects are applied, so that each is applied once and in order."""
        self.next_due = self._next_due()
        """When the next open operation ends; settling before is needless."""

    def _add_column(self) -> None:
        """Bring a table of an earlier release up to date."""
        with self._database.transaction() as db:
            if "done" not in {row["name"] for row in db.execute("PRAGMA table_info(operation)")}:
                db.execute("ALTER TABLE operation ADD COLUMN done INTEGER NOT NULL DEFAULT 0")

    def attempts(self, new: NewOperation) -> int:
        """Count earlier operations of this type on the same target."""
        query = "SELECT count(*) FROM operation WHERE collection=? AND target=? AND type=?"
        row = self._database.reader().execute(query, (new.collection, new.target, new.type)).fetchone()
        return int(row[0])

    def begin(self, new: NewOperation, now: float, duration: float, slots: int | None) -> Operation:
        """Store a new operation that takes `duration` seconds once one of `slots` is free."""
        with self._database.transaction() as db:
            starts = max(now + PENDING_SHARE * duration, self._free_at(db, slots))
            ends = starts + (1 - PENDING_SHARE) * duration
            operation = Operation(str(uuid.uuid4()), new.type, new.collection, new.target, new.total, now, starts, ends)
            payload = None if new.payload is None else orjson.dumps(new.payload)
            row = (operation.id, new.type, new.collection, new.target, new.total, now, starts, ends, payload)
            columns = "id, type, collection, target, total, created, starts, ends, payload"
            db.execute(f"INSERT INTO operation({columns}) VALUES(?,?,?,?,?,?,?,?,?)", row)
        self.next_due = min(self.next_due, ends)
        return operation

    def _free_at(self, db: sqlite3.Connection, slots: int | None) -> float:
        """With n slots taken in turn, the n-th largest end of an open operation frees a slot first."""
        if slots is None:
            return 0.0
        others = f"outcome IS NULL AND type NOT IN {BULK_TYPES}"
        query = f"SELECT ends FROM operation WHERE {others} ORDER BY ends DESC LIMIT 1 OFFSET ?"
        row = db.execute(query, (slots - 1,)).fetchone()
        return float(row["ends"]) if row else 0.0

    def get(self, operation_id: str) -> Operation | None:
        """Return one operation, or None."""
        query = f"SELECT {COLUMNS} FROM operation WHERE id=?"
        row = self._database.reader().execute(query, (operation_id,)).fetchone()
        return Operation(*row) if row else None

    def is_open(self, kind: str, collection_id: str) -> bool:
        """Say whether an operation of this type on this Collection has not ended."""
        query = "SELECT 1 FROM operation WHERE collection=? AND target='' AND type=? AND outcome IS NULL"
        return bool(self._database.reader().execute(query, (collection_id, kind)).fetchone())

    def listed(
        self, now: float, *, top: int, skip: int, collection_id: str | None = None, status: str | None = None
    ) -> list[Operation]:
        """Return operations newest first, `skip` left out, at most `top`."""
        condition, values = _condition(now, collection_id, status)
        query = f"SELECT {COLUMNS} FROM operation WHERE {condition} ORDER BY seq DESC LIMIT ? OFFSET ?"
        return [Operation(*row) for row in self._database.reader().execute(query, (*values, top, skip))]

    def due(self, now: float, limit: int) -> list[tuple[Operation, Any]]:
        """Return open operations that have ended by `now`, earliest first, with their payloads."""
        query = f"SELECT {COLUMNS}, payload FROM operation WHERE outcome IS NULL AND ends<=? ORDER BY ends, seq LIMIT ?"
        rows = self._database.reader().execute(query, (now, limit)).fetchall()
        return [(Operation(*row[:-1]), orjson.loads(row[-1]) if row[-1] else None) for row in rows]

    def finish(
        self, operation_id: str, outcome: str, failed: int = 0, code: str | None = None, message: str | None = None
    ) -> None:
        """Record how an open operation ended; its payload is dropped."""
        query = """UPDATE operation SET outcome=?, failed=?, error_code=?, error_message=?, payload=NULL
            WHERE id=? AND outcome IS NULL"""
        with self._database.transaction() as db:
            db.execute(query, (outcome, failed, code, message, operation_id))

    def cancel(self, now: float, operation_id: str | None = None) -> None:
        """End one or all open operations as Canceled, at `now` and without effect."""
        query = "UPDATE operation SET outcome='Canceled', ends=?, payload=NULL WHERE outcome IS NULL"
        one, values = (" AND id=?", [operation_id]) if operation_id else ("", [])
        with self._database.transaction() as db:
            db.execute(query + one, (now, *values))

    def plan_next(self) -> None:
        """Recompute `next_due` after operations have been settled or canceled."""
        with self._database.transaction():  # no begin() in between
            self.next_due = self._next_due()

    def _next_due(self) -> float:
        query = "SELECT min(ends) FROM operation WHERE outcome IS NULL"
        (ends,) = self._database.reader().execute(query).fetchone()
        return NEVER if ends is None else float(ends)

    def clear(self) -> None:
        """Forget all operations."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM operation")
        self.plan_next()


def _condition(now: float, collection_id: str | None, status: str | None) -> tuple[str, list[Any]]:
    conditions: list[str] = ["1"]
    values: list[Any] = []
    if collection_id:
        conditions.append("collection=?")
        values.append(collection_id)
    if status in ("Pending", "Running"):
        conditions.append(f"outcome IS NULL AND starts {'>' if status == 'Pending' else '<='} ?")
        values.append(now)
    elif status:
        conditions.append("outcome=?")
        values.append(status)
    return " AND ".join(conditions), values
