"""Items of one run, on disk: ten thousand in memory would take a gigabyte."""

import tempfile
import threading
from types import TracebackType

import orjson

from models.area import JsonDict


class ItemSpool:
    """Keeps Items in a temporary file and reads them by id; safe to share between threads."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - closed by __exit__
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> "ItemSpool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def clear(self) -> None:
        """Forget all Items."""
        with self._lock:
            self._file.truncate(0)
            self._places.clear()

    def append(self, item: JsonDict) -> None:
        """Keep an Item; one of the same id takes its place."""
        line = orjson.dumps(item)
        with self._lock:
            start = self._file.seek(0, 2)
            self._file.write(line)
            self._places[item["id"]] = (start, len(line))

    def read(self, item_id: str) -> JsonDict:
        """Return an Item.

        Raises:
            KeyError: it was never appended.
        """
        start, length = self._places[item_id]
        with self._lock:
            self._file.seek(start)
            line = self._file.read(length)
        item: JsonDict = orjson.loads(line)
        return item
