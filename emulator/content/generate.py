"""Makes the default content once per machine, in a cache folder."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import orjson

from emulator.json_types import JsonDict

if sys.platform != "win32":
    import fcntl

ITEMS_FILE, COLLECTIONS_FILE = "items.ndjson", "collections.json"


def default_cache() -> Path:
    """`~/.cache/geocatalog-emulator`, or below `XDG_CACHE_HOME`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "geocatalog-emulator"


def content_version() -> str:
    """Twelve hexadecimal digits that change whenever the generating code does."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def content_folder(cache: Path) -> Path:
    """Where the content of this version lies, or will lie."""
    return cache / content_version()


def ensure_content(cache: Path) -> Path:
    """Return the content folder, generating it (some seconds) when it is not there yet.

    Atomic: the folder appears complete or not at all. Of processes that start at once one
    generates and the others wait; without file locks (Windows) all do, and one result is kept.

    Raises:
        OSError: the cache cannot be written.
    """
    final = content_folder(cache)
    if final.is_dir():
        return final
    cache.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(cache / ".lock"):
        if not final.is_dir():
            _generate_aside(cache, final)
    return final


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file is closed, even by kill -9
        yield


def _generate_aside(cache: Path, final: Path) -> None:
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=cache))
    try:
        generate_content(making)
        making.chmod(0o755)
        _move_into_place(making, final)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def generate_content(folder: Path) -> None:
    """Write every scene, the Items and the Collection below `folder`; needs GDAL."""
    from emulator.content.collection import collection  # late: numpy and GDAL take 0.5 s
    from emulator.content.landscape import landscape
    from emulator.content.scenes import SCENES

    landscape()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        items = list(pool.map(lambda index: _make_scene(index, folder), range(len(SCENES))))
    (folder / ITEMS_FILE).write_bytes(b"".join(orjson.dumps(item) + b"\n" for item in items))
    (folder / COLLECTIONS_FILE).write_bytes(orjson.dumps([collection()]))


def _make_scene(index: int, folder: Path) -> JsonDict:
    from emulator.content.files import write_scene, write_thumbnail
    from emulator.content.items import item_of
    from emulator.content.scenes import SCENES, THUMBNAIL_SCENE

    scene = SCENES[index]
    pixels = write_scene(scene, folder / "blobs")
    if scene.item_id == THUMBNAIL_SCENE:
        write_thumbnail(pixels, folder / "blobs")
    return item_of(scene, pixels.class_percentages)


def _move_into_place(making: Path, final: Path) -> None:
    try:
        making.rename(final)
    except OSError:
        if not final.is_dir():  # else another process was faster, with the same bytes
            raise
