"""One SQLite file: a single writer, and one reader connection per thread."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Database:
    """Thread-safe access to one SQLite file in WAL mode."""

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None] | None = None) -> None:
        """Open or create the file; `prepare` registers SQL functions on each connection."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._prepare = prepare
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
        self._owner: int | None = None
        self._depth = 0
        self._writer = self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=wal", "synchronous=normal", "mmap_size=1073741824"):
            connection.execute(f"PRAGMA {pragma}")
        if self._prepare:
            self._prepare(connection)
        return connection

    def execute_script(self, script: str) -> None:
        """Run DDL; it commits by itself."""
        with self._lock:
            self._writer.executescript(script)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the one writer; commits at the end of the outermost block, or rolls back."""
        with self._lock:
            self._begin()
            try:
                yield self._writer
            except BaseException:
                self._end("ROLLBACK")
                raise
            self._end("COMMIT")

    def _begin(self) -> None:
        if self._depth == 0:
            self._writer.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
        self._depth += 1

    def _end(self, statement: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._writer.execute(statement)

    def reader(self) -> sqlite3.Connection:
        """Return this thread's connection; inside a transaction, the one that sees its writes."""
        if self._owner == threading.get_ident():
            return self._writer
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._readers.append(connection)
        return connection

    def close(self) -> None:
        """Close every connection; no other thread may still use them."""
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()
