"""Properties of a blob, whether a client wrote it or it came with the emulator."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path

from emulator.blob_service.uploads import BlockSize
from emulator.blobs import Blob, BlobNotFound, blob_name
from emulator.sas_tokens import SERVICE_VERSION
from emulator.state import EmulatorState

STARTED = 1_700_000_000.0
"""Last change of what has no file, in seconds since the epoch: it never changed."""


@dataclass(frozen=True)
class BlobProperties:
    """What HEAD says.

    Attributes:
        size: bytes.
        content_type: media type.
        md5: hexadecimal; empty: not known.
        etag: with quotes.
        modified: seconds since the epoch.
        metadata: by name without `x-ms-meta-`.
        blocks: committed blocks in order; empty when it was put in one request.
    """

    size: int
    content_type: str
    md5: str
    etag: str
    modified: float
    metadata: dict[str, str] = field(default_factory=dict)
    blocks: tuple[BlockSize, ...] = ()

    def headers(self) -> dict[str, str]:
        """Return the headers of a whole blob."""
        named = {
            "Accept-Ranges": "bytes",
            "ETag": self.etag,
            "Last-Modified": formatdate(self.modified, usegmt=True),
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": SERVICE_VERSION,
            "x-ms-server-encrypted": "true",
            "x-ms-lease-status": "unlocked",
            "x-ms-lease-state": "available",
            "x-ms-access-tier": "Hot",
        }
        if self.md5:
            named["Content-MD5"] = to_base64(self.md5)
        return named | {f"x-ms-meta-{name}": value for name, value in self.metadata.items()}


def find(state: EmulatorState, url: str) -> tuple[Blob, BlobProperties] | None:
    """Return a blob and its properties, or None."""
    try:
        blob = state.blobs.open(url)
    except BlobNotFound:
        return None
    upload = state.uploads.get(blob_name(url))
    size, md5, modified = _facts(blob)
    if upload is None or not isinstance(blob.content, Path) or blob.content.name != upload.source:
        return blob, BlobProperties(size, blob.content_type, md5, etag_of(md5), modified)
    return blob, BlobProperties(
        size, blob.content_type, upload.md5, upload.etag, upload.modified, upload.metadata, upload.blocks
    )


def etag_of(md5: str) -> str:
    """Return the ETag of a blob that was not uploaded: it follows from its content."""
    return f'"0x{md5[:15].upper()}"'


def to_base64(md5: str) -> str:
    """Write hexadecimal digits as the service does."""
    return b64encode(bytes.fromhex(md5)).decode()


def _facts(blob: Blob) -> tuple[int, str, float]:
    """Size, MD5, and last change."""
    if isinstance(blob.content, bytes):
        return len(blob.content), hashlib.md5(blob.content, usedforsecurity=False).hexdigest(), STARTED
    status = blob.content.stat()
    return status.st_size, _file_md5(blob.content, status.st_mtime_ns), status.st_mtime


@lru_cache(maxsize=4096)
def _file_md5(file: Path, _modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
