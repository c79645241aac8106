"""What is known of uploads beside their bytes: properties, blocks that are not committed yet, containers."""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

from emulator.database import Database
from emulator.json_types import JsonDict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS upload(name TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block(
    name TEXT NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(name, id));
CREATE TABLE IF NOT EXISTS container(name TEXT PRIMARY KEY, created REAL NOT NULL) WITHOUT ROWID;
"""


class BlockSize(NamedTuple):
    """A block of a blob: its id as the client wrote it (base64), and its bytes."""

    id: str
    size: int


@dataclass(frozen=True)
class Upload:
    """Properties of a blob that a client wrote.

    Attributes:
        source: the object that holds its bytes; the properties are of no use when the blob has another by now.
        md5: hexadecimal; empty when nobody said it, as Azure does not compute that of blocks.
        etag: with quotes.
        modified: seconds since the epoch.
        metadata: by name without `x-ms-meta-`.
        blocks: in order; empty when it was put in one request.
    """

    source: str
    md5: str
    etag: str
    modified: float
    metadata: dict[str, str] = field(default_factory=dict)
    blocks: tuple[BlockSize, ...] = ()


class Uploads:
    """Thread-safe; kept over restarts. Names are paths on this host, such as `/planetary-computer/blob/a/c/b`."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self._database = Database(path)
        self._database.execute_script(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def clear(self) -> None:
        """Forget all properties, blocks and containers."""
        with self._database.transaction() as db:
            for table in ("upload", "block", "container"):
                db.execute(f"DELETE FROM {table}")

    def put(self, name: str, upload: Upload) -> None:
        """Keep the properties of a blob; its uncommitted blocks are gone."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO upload VALUES(?,?)", (name, orjson.dumps(_document(upload))))
            db.execute("DELETE FROM block WHERE name = ?", (name,))

    def get(self, name: str) -> Upload | None:
        """Return the properties of a blob, or None."""
        row = self._database.reader().execute("SELECT document FROM upload WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        document = orjson.loads(row["document"])
        return Upload(**{**document, "blocks": tuple(BlockSize(*block) for block in document["blocks"])})

    def delete(self, name: str) -> None:
        """Forget a blob's properties and blocks."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM upload WHERE name = ?", (name,))
            db.execute("DELETE FROM block WHERE name = ?", (name,))

    def put_block(self, name: str, block_id: str, data: bytes) -> None:
        """Keep a block until it is committed; one of the same id is replaced."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO block VALUES(?,?,?)", (name, block_id, data))

    def uncommitted(self, name: str) -> list[BlockSize]:
        """Return the blocks that wait to be committed, by id."""
        query = "SELECT id, length(data) AS size FROM block WHERE name = ? ORDER BY id"
        return [BlockSize(row["id"], row["size"]) for row in self._database.reader().execute(query, (name,))]

    def block(self, name: str, block_id: str) -> bytes | None:
        """Return the bytes of an uncommitted block, or None."""
        query = "SELECT data FROM block WHERE name = ? AND id = ?"
        row = self._database.reader().execute(query, (name, block_id)).fetchone()
        return bytes(row["data"]) if row else None

    def create_container(self, name: str, now: float) -> bool:
        """Remember a container; False if it was known."""
        with self._database.transaction() as db:
            return db.execute("INSERT OR IGNORE INTO container VALUES(?,?)", (name, now)).rowcount == 1

    def delete_container(self, name: str) -> bool:
        """Forget a container; False if it was not known."""
        with self._database.transaction() as db:
            return db.execute("DELETE FROM container WHERE name = ?", (name,)).rowcount == 1

    def has_container(self, name: str) -> bool:
        """Say whether a client created the container."""
        query = "SELECT 1 FROM container WHERE name = ?"
        return self._database.reader().execute(query, (name,)).fetchone() is not None


def _document(upload: Upload) -> JsonDict:
    return {**asdict(upload), "blocks": [list(block) for block in upload.blocks]}


def new_etag() -> str:
    """Return an ETag that no earlier version had."""
    return f'"0x{time.time_ns():015X}"'
