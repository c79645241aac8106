"""The files that products have on the disk: whole, in part, kept apart, and what lies beside them."""

from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from clients.copernicus.disk import UNKNOWN_SIZE
from clients.copernicus.manifest import manifest_path
from clients.copernicus.quarantine import QUARANTINE
from models.copernicus import Product


def content_paths(name: str, folder: Path) -> list[Path]:
    """Return where a product's bytes may lie: its file, by either of its names, its part, and what is in quarantine."""
    names = (f"{name}.zip", name)
    return [
        folder / f"{name}.part",
        *(folder / each for each in names),
        *(folder / QUARANTINE / each for each in names),
    ]


def bytes_of(name: str, folder: Path) -> int:
    """Return the bytes of a product's files that are here."""
    return sum(path.stat().st_size for path in content_paths(name, folder) if path.is_file())


def missing_bytes(product: Product, folder: Path) -> int:
    """Return the bytes of a product that are still to come, as far as can be known before it is asked for.

    What is here may turn out to be useless: then the service's answer says how many bytes come all the same.
    """
    here = bytes_of(product.name, folder)
    if product.size is None:
        return 0 if here else UNKNOWN_SIZE
    return max(0, product.size - here)


def remove_files(name: str, folder: Path) -> int:
    """Remove all files of a product; return the bytes that became free: 0 while a process downloads it."""
    lock_path = folder / f"{name}.part.lock"
    try:
        with FileLock(lock_path, timeout=0):
            freed = bytes_of(name, folder)
            for path in content_paths(name, folder):
                manifest_path(path).unlink(missing_ok=True)  # of a part, its sidecar
                path.unlink(missing_ok=True)
            lock_path.unlink(missing_ok=True)
    except Timeout:
        return 0
    return freed


def names_here(folder: Path) -> Iterator[str]:
    """Yield the names of all files of the folder and of its quarantine, without their last ending too."""
    for place in (folder, folder / QUARANTINE):
        for path in place.iterdir() if place.is_dir() else ():
            if path.is_file():
                yield from (path.name, path.stem)
