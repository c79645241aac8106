"""Counts of what clients asked for: the ground truth of tests and benchmarks."""

import threading
from collections import Counter

from emulator.json_types import JsonDict


class RequestLog:
    """Thread-safe counters by method, route template and status, and by submitted Item."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._submitted: Counter[str] = Counter()

    def count(self, method: str, route: str, status: int) -> None:
        """Count one answered request; status 0 is a dropped connection."""
        with self._lock:
            self._requests[method, route, status] += 1

    def count_submitted(self, collection_id: str, item_ids: list[str]) -> None:
        """Count Items of an accepted POST or PUT."""
        with self._lock:
            self._submitted.update(f"{collection_id}/{item_id}" for item_id in item_ids)

    def clear(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._requests.clear()
            self._submitted.clear()

    def summary(self) -> JsonDict:
        """Return what `GET /_emulator/requests` shows."""
        with self._lock:
            counts = [
                {"method": method, "route": route, "status": status, "count": count}
                for (method, route, status), count in sorted(self._requests.items())
            ]
            return {
                "total": self._requests.total(),
                "counts": counts,
                "submitted_items": dict(self._submitted),
            }
