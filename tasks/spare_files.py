"""Files that lie in the folder of the downloads for no product at work: they go when room is needed."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from clients.copernicus.product_files import bytes_of, names_here, remove_files
from ledger.ledger import Ledger
from ledger.products import ProductEntry
from models.copernicus import ProductState
from tasks.stopping import raise_if_stopping

LOOK = 1.0
"""Seconds between two looks whether the process is asked to stop."""
_ON_THE_WAY = (
    ProductState.FOUND,
    ProductState.DOWNLOADING,
    ProductState.DOWNLOADED,
    ProductState.STAGED,
    ProductState.SUBMITTED,
)
"""States of products whose files a run that is alive is about to have, or may need."""


@contextmanager
def held(name: str, folder: Path) -> Iterator[None]:
    """Hold the files of a product for as long as the block lasts: nobody removes them. Who holds them is waited for.

    Raises:
        Stopped: the process is asked to stop.
    """
    path = folder / f"{name}.part.lock"  # that of a download, too
    lock = FileLock(path)
    while not lock.is_locked:
        raise_if_stopping()
        with suppress(Timeout):
            lock.acquire(timeout=LOOK)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # who waited for it sees that it is not the lock any more
        lock.release()


@dataclass
class SpareFiles:
    """Products whose files may go, the longest untouched first; safe to share between threads.

    Attributes:
        folder: of the files.
        wanted: returns the names of products whose files somebody else wants now: nothing removes them.
        removed: names of products whose files went to make room.
    """

    folder: Path
    wanted: Callable[[], Collection[str]] = frozenset
    removed: list[str] = field(default_factory=list)
    _names: dict[str, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, names: Iterable[str]) -> None:
        """Let the files of products go when room is needed."""
        with self._lock:
            self._names.update(dict.fromkeys(names))

    def remove(self, name: str) -> None:
        """Remove the files of a product that is done, unless somebody else wants them, or has them in hand."""
        if name not in self.wanted():
            remove_files(name, self.folder)

    @property
    def size(self) -> int:
        """Bytes that may become free."""
        with self._lock:
            return sum(bytes_of(name, self.folder) for name in self._names.keys() - set(self.wanted()))

    def free(self, needed: int) -> int:
        """Remove files until so many bytes are free, or there are no more to spare; return the bytes that became so."""
        freed = 0
        with self._lock:
            wanted = self.wanted() if self._names else ()
            for name in [name for name in self._names if name not in wanted]:
                if freed >= needed:
                    break
                del self._names[name]
                freed += (went := remove_files(name, self.folder))
                self.removed += [name] if went else []
        return freed


def look_for_spare_files(folder: Path, run_id: str, at_work: Sequence[str], known: Ledger, own: Ledger) -> SpareFiles:
    """Return the files that earlier runs left of other products; remove those of products that are proven.

    Products of other runs that are still alive are left out, and those that were downloaded for themselves.

    Args:
        run_id: this run.
        at_work: names of the products of this run.
        known: ledger of the GeoCatalog.
        own: ledger of files that are downloaded for themselves.
    """
    spare = SpareFiles(folder, lambda: _of_downloads(own, folder) | _of_other_runs(known, run_id))
    here = set(names_here(folder)) - set(at_work)
    left = [each for each in reversed(known.find_products()) if each.name in here] if here else []
    wanted = spare.wanted() if left else frozenset()
    for entry in left:
        if entry.state is ProductState.PROVEN and entry.name not in wanted:
            remove_files(entry.name, folder)
    spare.add(each.name for each in left if each.state is not ProductState.PROVEN and each.name not in wanted)
    return spare


def _of_downloads(own: Ledger, folder: Path) -> frozenset[str]:
    """Return the names of products that were, or are about to be, delivered into a folder for themselves."""
    alive = {run.run_id: run.request.get("folder") for run in own.runs(limit=None) if run.is_alive}
    there = own.find_products(states=_ON_THE_WAY)
    return frozenset(each.name for each in there if _lies_in(each, folder) or _comes_to(each, folder, alive))


def _of_other_runs(known: Ledger, run_id: str) -> frozenset[str]:
    """Return the names of products that other runs of the GeoCatalog are at."""
    alive = {run.run_id for run in known.runs(limit=None) if run.is_alive and run.run_id != run_id}
    there = known.find_products(states=_ON_THE_WAY) if alive else []
    return frozenset(each.name for each in there if each.run_id in alive)


def _lies_in(entry: ProductEntry, folder: Path) -> bool:
    is_here = entry.state is ProductState.DOWNLOADED and entry.path is not None
    return is_here and Path(str(entry.path)).parent == folder


def _comes_to(entry: ProductEntry, folder: Path, alive: Mapping[str, str | None]) -> bool:
    if entry.run_id is None or entry.run_id not in alive:
        return False
    named = alive[entry.run_id]  # None: that of the settings
    return named is None or Path(named).expanduser().absolute() == folder
