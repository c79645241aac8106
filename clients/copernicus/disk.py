"""Room for downloads: what a disk and a setting leave, and what is promised to downloads that go on."""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import GeoCatalogFlowsError

MARGIN = 256 * 1024**2
"""Bytes of a disk that stay free: logs and databases of this machine need some."""


UNKNOWN_SIZE = 64 * 1024**2
"""Bytes promised at a time to a product of unknown size: until an answer says it, and on and on if none does."""


class NoSpace(GeoCatalogFlowsError):
    """There is no room for what is asked for."""


def gigabytes(count: float) -> str:
    """Return bytes as people read them: GB of 10^9 bytes, MB below one."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


@contextmanager
def no_space_as_ours(folder: Path) -> Iterator[None]:
    """Turn a full disk or an exceeded disk quota into a sentence.

    Raises:
        NoSpace: as said; any other error of the system passes.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoSpace(
            f"The disk of {folder} is full ({error.strerror}). What was received is kept: make room, then run the same"
            " request again; it goes on from there."
        ) from None


def disk_free(folder: Path) -> int:
    """Return the bytes that this user may still write in the folder, which need not exist yet."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


def bytes_below(folder: Path) -> int:
    """Return the bytes of all files below a folder; one that vanishes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):  # which passes over a folder that vanishes; rglob does not
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).stat().st_size
    return total


class Reservation:
    """Bytes that a download may still write."""

    def __init__(self, disk: "DiskBudget", count: int) -> None:
        self._disk = disk
        self.left = count

    def use(self, count: int) -> None:
        """Note that bytes are written: they take room now, and are no longer promised."""
        with self._disk.lock:
            self.left = max(0, self.left - count)

    def promise(self, count: int) -> None:
        """Promise so many bytes in the place of those that are left.

        Raises:
            NoSpace: there are not so many; what was promised stays so.
        """
        with self._disk.lock:
            self._disk.require_unlocked(count, self.left)
            self.left = count


class DiskBudget:
    """Room in one folder, for all downloads of this process; safe to share between threads.

    Other processes count by what they have written, not by what they will.

    Args:
        limit: most bytes of all files below the folder; None: the disk's free space alone counts.
        free: returns the free bytes of the disk; replaced in tests.
    """

    def __init__(self, folder: Path, limit: int | None = None, free: Callable[[Path], int] = disk_free) -> None:
        self.folder = folder
        self.limit = limit
        self.lock = threading.Lock()
        self._free = free
        self._reserved: list[Reservation] = []

    def available(self) -> int:
        """Return the bytes that may be reserved now."""
        with self.lock:
            return self._available()

    def require(self, needed: int) -> None:
        """Check that there is room, before anything is asked for.

        Raises:
            NoSpace: there is none; the message names bytes needed and free.
        """
        with self.lock:
            self.require_unlocked(needed)

    def require_unlocked(self, needed: int, promised: int = 0) -> None:
        """Check that there is room, for one who holds the lock and was promised some of it before.

        Raises:
            NoSpace: there is none.
        """
        available = self._available(promised)
        if needed > available:
            raise NoSpace(self._sentence(needed, available))

    @contextmanager
    def reserve(self, needed: int) -> Iterator[Reservation]:
        """Promise bytes to a download for as long as the block lasts.

        Raises:
            NoSpace: there are not so many.
        """
        with self.lock:
            self.require_unlocked(needed)
            mine = Reservation(self, needed)
            self._reserved.append(mine)
        try:
            yield mine
        finally:
            with self.lock:
                self._reserved.remove(mine)

    def _available(self, promised: int = 0) -> int:
        left = self._free(self.folder) - MARGIN
        if self.limit is not None:
            left = min(left, self.limit - bytes_below(self.folder))
        return max(0, left + promised - sum(each.left for each in self._reserved))

    def _sentence(self, needed: int, available: int) -> str:
        free, kept = gigabytes(self._free(self.folder)), gigabytes(MARGIN)
        limit = f"; GEOCATALOG_COPERNICUS_DISK_BYTES allows {gigabytes(self.limit)}" if self.limit is not None else ""
        return (
            f"{gigabytes(needed)} are needed in {self.folder}, and {gigabytes(available)} can be had: its disk has"
            f" {free} free, of which {kept} stay so{limit}. Make room, name another folder, or set max_products."
        )
