"""Progress of downloads: bytes, rate, time left; to the Prefect UI, and to whoever listens in this process."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from prefect.artifacts import create_progress_artifact

from clients.copernicus.disk import gigabytes
from models.copernicus import Product
from tasks.progress import UPDATE_INTERVAL, current_listener, show_progress

RATE_SECONDS = 30.0
"""The rate is that of so many last seconds."""


class TransferProgress:
    """Counts the bytes of products that are here; safe to share between threads.

    Args:
        products: all that are to be here in the end.
        clock: seconds, monotonic.
    """

    def __init__(self, products: Sequence[Product], clock: Callable[[], float] = time.monotonic) -> None:
        self._sizes = {product.product_id: product.size or 0 for product in products}
        self._positions: dict[str, int] = {}
        self._done: set[str] = set()
        self._lost: set[str] = set()
        self._clock = clock
        self._lock = threading.Lock()
        self._listener = current_listener()
        self._artifact: UUID | None = None
        self._shown = clock()
        self._received = 0
        self._samples: deque[tuple[float, int]] = deque([(clock(), 0)])

    def publish(self, key: str) -> "TransferProgress":
        """Create the progress artifact of the flow run; needs its context."""
        self._artifact = create_progress_artifact(0.0, key=key, description=self.text)  # type: ignore[assignment]  # sync here
        return self

    def at(self, product_id: str, position: int, *, is_new: bool = True) -> None:
        """Note how many bytes of a product are here.

        Args:
            is_new: False for bytes that were not received just now: they do not count for the rate.
        """
        with self._lock:
            if is_new:
                self._received += max(0, position - self._positions.get(product_id, 0))
            self._positions[product_id] = position
            self._sizes[product_id] = max(self._sizes.get(product_id, 0), position)
        self._show()

    def end(self, product_id: str, size: int | None) -> None:
        """Note that a product is here, or was given up (None): nothing more is waited for."""
        with self._lock:
            self._done.add(product_id)
            self._lost |= {product_id} if size is None else set()
            self._sizes[product_id] = self._positions[product_id] = size or 0
        self._show()

    @property
    def text(self) -> str:
        """Products, bytes, rate and time left, in words."""
        with self._lock:
            return self._text()

    def _show(self) -> None:
        with self._lock:
            now = self._clock()
            is_due = now - self._shown >= UPDATE_INTERVAL or len(self._done) == len(self._sizes)
            if not is_due:
                return
            self._shown = now
            self._samples.append((now, self._received))
            while len(self._samples) > 2 and now - self._samples[0][0] > RATE_SECONDS:
                self._samples.popleft()
            text, bytes_text, here, total = self._text(), self._bytes_text(), self._here(), self._total()
        if self._listener is not None:
            self._listener.receive(here, total, bytes_text)
        show_progress(self._artifact, min(100.0, 100 * here / max(total, 1)), text)

    def _text(self) -> str:
        lost = f", {len(self._lost)} given up" if self._lost else ""
        here = len(self._done) - len(self._lost)
        return f"{here} of {len(self._sizes)} products are here{lost}, {self._bytes_text()}"

    def _bytes_text(self) -> str:
        """Bytes, rate and time left: what fits beside a bar on a terminal."""
        here, total, rate = self._here(), self._total(), self._rate()
        parts = [f"{gigabytes(here)} of {gigabytes(total)}"]
        if rate and here < total:
            left = timedelta(seconds=round((total - here) / rate))
            parts.append(f"{rate / 1e6:,.1f} MB/s, {left} left")
        return ", ".join(parts)

    def _rate(self) -> float:
        (begin, before), (end, after) = self._samples[0], self._samples[-1]
        return (after - before) / (end - begin) if end > begin else 0.0

    def _here(self) -> int:
        return sum(self._positions.values())

    def _total(self) -> int:
        return sum(self._sizes.values())
