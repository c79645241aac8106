"""Downloads that are going on, by account, and what was sent: the ground truth of tests."""

import threading
import time
from collections import Counter

from emulator.json_types import JsonDict


class Connections:
    """Thread-safe counts; a slot that is let go late is still taken for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self.clear()

    def clear(self) -> None:
        """Count from zero; what is open stays open."""
        with self._lock:
            self._late: list[tuple[str, float]] = []
            self._peak = sum(self._open.values())
            self._refused: Counter[str] = Counter()
            self._requests: Counter[str] = Counter()
            self._bytes: Counter[str] = Counter()
            self._complete: Counter[str] = Counter()

    def take(self, account: str, limit: int) -> bool:
        """Take a slot, or return False when all of the account's are taken.

        The peak counts what the client held open at once, this connection included, refused or not.
        """
        now = time.monotonic()
        with self._lock:
            self._late = [(name, until) for name, until in self._late if until > now]
            self._peak = max(self._peak, self._open[account] + 1)
            if self._open[account] + sum(name == account for name, _ in self._late) >= limit:
                return False
            self._open[account] += 1
            return True

    def release(self, account: str, late_seconds: float) -> None:
        """Give a slot back; it can be taken again after so many seconds."""
        with self._lock:
            self._open[account] -= 1
            if late_seconds:
                self._late.append((account, time.monotonic() + late_seconds))

    def count_request(self, name: str) -> None:
        """Count a request for a product's bytes, whatever becomes of it."""
        with self._lock:
            self._requests[name] += 1

    def count_refused(self, code: str) -> None:
        """Count a refusal by its code."""
        with self._lock:
            self._refused[code] += 1

    def count_sent(self, name: str, size: int, complete: bool) -> None:
        """Count bytes that were handed to the network, and whether an answer came to its end."""
        with self._lock:
            self._bytes[name] += size
            self._complete[name] += complete

    def summary(self) -> JsonDict:
        """Return all counts; products by name."""
        with self._lock:
            return {
                "open_connections": sum(self._open.values()),
                "peak_connections": self._peak,
                "refused": dict(self._refused),
                "bytes_sent": self._bytes.total(),
                "products": {
                    name: {"requests": count, "bytes": self._bytes[name], "complete": self._complete[name]}
                    for name, count in sorted(self._requests.items())
                },
            }
