"""A file that is being received: `NAME.part`, and beside it what it is a part of."""

import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from clients.copernicus.checksum import checksum_for
from clients.copernicus.disk import no_space_as_ours
from models.copernicus import Product

CHUNK = 1 << 19
"""Bytes read and written at a time, and the most that a killed run loses; 1 MiB takes twice the processor time."""

AHEAD = 32 << 20
"""Bytes after which the system is asked to begin to write them to the disk."""

OpenFile = Callable[[Path, str], BinaryIO]


class Sidecar(BaseModel):
    """What a partial file is a part of.

    Attributes:
        modified: when the catalogue last changed the product, as the run knew it that began the file.
        total: bytes of the whole file; None if the service did not say.
        etag: of the service's answer, "" if it had none.
    """

    product_id: str
    modified: datetime | None = None
    total: int | None = None
    etag: str = ""


def whole_name(product: Product, *, is_zip: bool) -> str:
    """Return the name of a product's whole file: folders come as zip, and only the content says which do."""
    return f"{product.name}.zip" if is_zip and not product.name.lower().endswith(".zip") else product.name


class _WritingAhead(FileIO):
    """A file that goes to the disk while more of it comes: the wait for that at the end took a third of the time."""

    _asked = 0

    def write(self, content: Any, /) -> int:
        """Write what fits; return its bytes."""
        written = super().write(content)
        if hasattr(os, "posix_fadvise") and (end := self.tell()) - self._asked >= AHEAD:
            # Linux begins to write pages that are said not to be needed, and drops none that is not written yet.
            os.posix_fadvise(self.fileno(), self._asked, end - self._asked, os.POSIX_FADV_DONTNEED)
            self._asked = end
        return written


def open_unbuffered(path: Path, mode: str) -> BinaryIO:
    """Open a file so that what was written is in the system's hands at once."""
    return _WritingAhead(path, mode)


class PartialFile:
    """The file of one product on its way: `.part` and `.part.json` lie where the whole file will, on the same volume.

    Args:
        open_file: opens it; replaced in tests.
    """

    def __init__(self, folder: Path, product: Product, open_file: OpenFile = open_unbuffered) -> None:
        self._folder = folder
        self.path = folder / f"{product.name}.part"
        self._sidecar_path = folder / f"{product.name}.part.json"
        self._product = product
        self._open = open_file
        self.sidecar = Sidecar(product_id=product.product_id)
        self.checksum = checksum_for(product)

    @property
    def size(self) -> int:
        """Bytes that were received."""
        return self.path.stat().st_size if self.path.exists() else 0

    def take_up(self) -> int:
        """Read what an earlier attempt or run has left; return its bytes, 0 if it cannot be continued."""
        self.checksum = checksum_for(self._product)
        sidecar = self._read_sidecar()
        if sidecar is None or sidecar.product_id != self._product.product_id:
            return 0
        if sidecar.modified != self._product.modified or not self.size:
            return 0
        self.sidecar = sidecar
        self.checksum.read(self.path)
        return self.size

    def begin(self, total: int | None, etag: str) -> None:
        """Begin anew: nothing that was received is kept."""
        self.discard()
        self.checksum = checksum_for(self._product)
        modified = self._product.modified
        self.sidecar = Sidecar(product_id=self._product.product_id, modified=modified, total=total, etag=etag)
        with no_space_as_ours(self._folder):
            self.path.touch()
            self._sidecar_path.write_text(self.sidecar.model_dump_json())

    def appending(self) -> BinaryIO:
        """Open the file to write at its end."""
        return self._open(self.path, "ab")

    def write(self, file: BinaryIO, chunk: bytes) -> None:
        """Write all of a chunk.

        Raises:
            NoSpace: the disk is full; what fitted is kept.
        """
        rest = memoryview(chunk)
        with no_space_as_ours(self._folder):
            while rest:
                rest = rest[file.write(rest) :]
        self.checksum.update(chunk)

    def complete(self, folder: Path | None = None) -> Path:
        """Give the file its name, once its content is on the disk; return its path.

        Args:
            folder: to put it in, on the same volume; None: where it is.
        """
        target = (folder or self._folder) / whole_name(self._product, is_zip=zipfile.is_zipfile(self.path))
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        self.path.replace(target)
        self._sidecar_path.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return target

    def discard(self) -> None:
        """Delete it."""
        self.path.unlink(missing_ok=True)
        self._sidecar_path.unlink(missing_ok=True)

    def _read_sidecar(self) -> Sidecar | None:
        with suppress(OSError, ValidationError):
            return Sidecar.model_validate_json(self._sidecar_path.read_bytes())
        return None


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk too; only POSIX can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
