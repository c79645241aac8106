"""The bytes behind both blob hosts: scene files, stand-ins, links and uploads."""

import hashlib
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from emulator.stand_ins import content_type_of, stand_in_for

UPSTREAM_ROOT = "/planetary-computer/blob/"
MANAGED_ROOT = "/managed-storage/"

_SCHEMA = """
PRAGMA journal_mode=wal;
PRAGMA synchronous=normal;
CREATE TABLE IF NOT EXISTS stand_in(path_hash INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS managed(name TEXT PRIMARY KEY, source TEXT NOT NULL, content_type TEXT) WITHOUT ROWID;
"""


class BlobNotFound(Exception):
    """No blob of that name: HTTP 404 `BlobNotFound`."""


class Blob(NamedTuple):
    """Where a blob's bytes are, and their media type."""

    content: Path | bytes
    content_type: str


class BlobStore:
    """Maps blob URLs to bytes; scheme, host and query of a URL do not matter.

    Thread-safe. What was linked, put or mentioned is kept in `data_dir` over restarts.
    """

    def __init__(self, data_dir: Path, content_dir: Path) -> None:
        """Open the store.

        Args:
            data_dir: holds `blobs.sqlite` and uploaded objects; created when missing.
            content_dir: generated upstream content, read only: `blobs/{account}/{container}/{path}`.
        """
        self.folder = data_dir
        self._objects = data_dir / "objects"
        self._objects.mkdir(parents=True, exist_ok=True)
        self._content = content_dir / "blobs"
        self._lock = threading.Lock()
        self._db = sqlite3.connect(data_dir / "blobs.sqlite", check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database; the store cannot be used any more."""
        self._db.close()

    def exists(self, container_url: str, path: str) -> bool:
        """Say whether the container has this blob, as a file or a stand-in."""
        try:
            self.open(f"{container_url}/{path}")
        except BlobNotFound:
            return False
        return True

    def add_stand_ins(self, urls: Iterable[str]) -> None:
        """Let these upstream blobs exist; those without a file get a stand-in."""
        rows = [(_path_hash(name),) for name in map(blob_name, urls)]
        with self._lock, self._db:
            self._db.executemany("INSERT OR IGNORE INTO stand_in VALUES(?)", rows)

    def link(self, managed_url: str, source_url: str) -> None:
        """Let a managed blob serve the bytes of an upstream blob, without a copy."""
        self.link_all({managed_url: source_url})

    def link_all(self, links: Mapping[str, str]) -> None:
        """Link many managed URLs (keys) to upstream URLs (values), in one transaction.

        What was uploaded to the upstream is taken as it is now: a later upload does not change it.
        """
        with self._lock, self._db:
            names = [(blob_name(managed), blob_name(source)) for managed, source in links.items()]
            rows = [(managed, *(self._uploaded(source) or (source, None))) for managed, source in names]
            self._db.executemany("INSERT OR REPLACE INTO managed VALUES(?,?,?)", rows)

    def _uploaded(self, name: str) -> tuple[str, str] | None:
        """Return object and media type of what was put under this name; call it with the lock."""
        query = "SELECT source, content_type FROM managed WHERE name = ? AND content_type IS NOT NULL"
        row: tuple[str, str] | None = self._db.execute(query, (name,)).fetchone()
        return row

    def put(self, managed_url: str, data: bytes | Path, content_type: str) -> str:
        """Store bytes, or a file that is moved here, under a URL of either host; return the object's name."""
        if isinstance(data, bytes):
            digest = hashlib.sha256(data).hexdigest()
            making = self._objects / f"{digest}.{uuid.uuid4().hex}"
            making.write_bytes(data)
        else:
            with data.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            making = data
        making.replace(self._objects / digest)
        with self._lock, self._db:
            row = (blob_name(managed_url), f"objects/{digest}", content_type)
            self._db.execute("INSERT OR REPLACE INTO managed VALUES(?,?,?)", row)
        return digest

    def set_content_type(self, url: str, content_type: str) -> None:
        """Change the media type of what was put under a URL; nothing happens if nothing was."""
        with self._lock, self._db:
            query = "UPDATE managed SET content_type = ? WHERE name = ? AND content_type IS NOT NULL"
            self._db.execute(query, (content_type, blob_name(url)))

    def uploaded(self, prefix: str, after: str, limit: int | None) -> list[str]:
        """Return names of what was put below a prefix, in order, from after a name on."""
        query = "SELECT name FROM managed WHERE name >= ? AND name < ? AND name > ? AND content_type IS NOT NULL"
        values = (prefix, prefix + "\U0010ffff", after, -1 if limit is None else limit)
        with self._lock:
            rows = self._db.execute(f"{query} ORDER BY name LIMIT ?", values).fetchall()
        return [name for (name,) in rows]

    def delete(self, url: str) -> None:
        """Delete one managed or uploaded blob; none is fine. Its bytes stay on disk: another blob may share them."""
        with self._lock, self._db:
            self._db.execute("DELETE FROM managed WHERE name = ?", (blob_name(url),))

    def delete_prefix(self, url_prefix: str) -> None:
        """Delete every managed or uploaded blob whose URL starts with `url_prefix`; none is fine.

        Uploaded bytes stay on disk: another blob may share them.
        """
        prefix = blob_name(url_prefix)
        with self._lock, self._db:
            self._db.execute(
                "DELETE FROM managed WHERE name >= ? AND name < ?",
                (prefix, prefix + "\U0010ffff"),
            )

    def open(self, url: str) -> Blob:
        """Find a blob's bytes. Raises BlobNotFound."""
        name = blob_name(url)
        if not name.startswith(MANAGED_ROOT):
            return self._open_upstream(name)
        with self._lock:
            row = self._db.execute("SELECT source, content_type FROM managed WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise BlobNotFound(name)
        source, content_type = row
        if content_type is None:
            return self._open_upstream(source)
        return Blob(self._objects / source.removeprefix("objects/"), content_type)

    def local_file(self, url: str) -> Path | bytes:
        """Return a file, or the bytes of a stand-in, for the tiler. Raises BlobNotFound."""
        return self.open(url).content

    def _open_upstream(self, name: str) -> Blob:
        with self._lock:
            uploaded = self._uploaded(name)
        if uploaded:
            return Blob(self._objects / uploaded[0].removeprefix("objects/"), uploaded[1])
        file = self._content / name.removeprefix(UPSTREAM_ROOT)
        if ".." not in file.parts and file.is_file():
            return Blob(file, content_type_of(name))
        with self._lock:
            query = "SELECT 1 FROM stand_in WHERE path_hash = ?"
            known = self._db.execute(query, (_path_hash(name),)).fetchone()
        if known is None:
            raise BlobNotFound(name)
        return Blob(*stand_in_for(name))


def blob_name(url: str) -> str:
    """Reduce a blob URL to `/managed-storage/...` or `/planetary-computer/blob/...`, unquoted."""
    return unquote(urlsplit(url).path)


def container_url_of(url: str) -> str:
    """Cut a blob URL of either host after its container; without query.

    Raises:
        ValueError: the URL is not on one of the emulator's blob hosts.
    """
    parts = urlsplit(url)
    for root in (UPSTREAM_ROOT, MANAGED_ROOT):
        account, _, rest = parts.path.removeprefix(root).partition("/")
        if parts.path.startswith(root) and account and rest:
            return f"{parts.scheme}://{parts.netloc}{root}{account}/{rest.partition('/')[0]}"
    raise ValueError(f"not a blob of this emulator: {url}")


def _path_hash(name: str) -> int:
    """A signed 64-bit number, small enough to remember millions of paths."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
