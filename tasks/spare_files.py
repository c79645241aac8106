"""Files that lie in the folder of the downloads for no product at work: they go when room is needed."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clients.copernicus.product_files import bytes_of, names_here, remove_files
from ledger.ledger import Ledger
from ledger.products import ProductEntry
from models.copernicus import ProductState


@dataclass
class SpareFiles:
    """Products whose files may go, the longest untouched first; safe to share between threads.

    Attributes:
        folder: of the files.
        kept: names of products whose files are wanted for themselves: nothing removes them.
        removed: names of products whose files went to make room.
    """

    folder: Path
    kept: frozenset[str] = frozenset()
    removed: list[str] = field(default_factory=list)
    _names: dict[str, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, names: Iterable[str]) -> None:
        """Let the files of products go when room is needed."""
        with self._lock:
            self._names.update(dict.fromkeys(name for name in names if name not in self.kept))

    def remove(self, name: str) -> None:
        """Remove the files of a product that is done, unless they are wanted for themselves."""
        if name not in self.kept:
            remove_files(name, self.folder)

    @property
    def size(self) -> int:
        """Bytes that may become free."""
        with self._lock:
            return sum(bytes_of(name, self.folder) for name in self._names)

    def free(self, needed: int) -> int:
        """Remove files until so many bytes are free, or there are no more to spare; return the bytes that became so."""
        freed = 0
        with self._lock:
            while self._names and freed < needed:
                name = next(iter(self._names))
                del self._names[name]
                freed += (went := remove_files(name, self.folder))
                self.removed += [name] if went else []
        return freed


def look_for_spare_files(folder: Path, at_work: Sequence[str], known: Ledger, wanted: Ledger) -> SpareFiles:
    """Return the files that earlier runs left of other products; remove those of products that are proven.

    Products of runs that are still alive are left out, and those that were downloaded for themselves.

    Args:
        at_work: names of the products of this run.
        known: ledger of the GeoCatalog.
        wanted: ledger of files that are wanted for themselves.
    """
    here = set(names_here(folder))
    if not here:
        return SpareFiles(folder)
    own = wanted.find_products(states=[ProductState.DOWNLOADED])
    spare = SpareFiles(folder, frozenset(each.name for each in own if _lies_in(each, folder)))
    alive = {run.run_id for run in known.runs(limit=None) if run.is_alive}
    busy = {*at_work, *(each.name for each in known.find_products() if each.run_id in alive)}
    left = [each for each in reversed(known.find_products()) if each.name in here and each.name not in busy]
    for entry in left:
        if entry.state is ProductState.PROVEN:
            spare.remove(entry.name)
    spare.add(each.name for each in left if each.state is not ProductState.PROVEN)
    return spare


def _lies_in(entry: ProductEntry, folder: Path) -> bool:
    return entry.path is not None and Path(entry.path).parent == folder
