"""One SQLite file: a single writer, and one reader connection per thread."""

import sqlite3
import threading
import weakref
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
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
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
        """Hold the one writer; an inner block can fail alone, the outermost one commits."""
        with self._lock:
            begin, keep, undo = self._statements()
            self._writer.execute(begin)
            self._owner, self._depth = threading.get_ident(), self._depth + 1
            try:
                yield self._writer
            except BaseException:
                self._leave(*undo)
                raise
            self._leave(*keep)

    def _statements(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Return what begins, keeps and undoes a block at the present depth."""
        if self._depth == 0:
            return "BEGIN IMMEDIATE", ("COMMIT",), ("ROLLBACK",)
        name = f"level{self._depth}"
        return f"SAVEPOINT {name}", (f"RELEASE {name}",), (f"ROLLBACK TO {name}", f"RELEASE {name}")

    def _leave(self, *statements: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
        for statement in statements:
            self._writer.execute(statement)

    def reader(self) -> sqlite3.Connection:
        """Return this thread's connection; inside a transaction, the one that sees its writes."""
        if self._owner == threading.get_ident():
            return self._writer
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = _Reader(self._connect())
            self._readers.add(reader)
        return reader.connection

    def close(self) -> None:
        """Close every connection; no other thread may still use them."""
        with self._lock:
            for reader in list(self._readers):
                reader.connection.close()
            self._writer.close()


class _Reader:
    """A thread's connection, closed when the thread ends: server threads come and go."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()
