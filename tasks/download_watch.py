"""One download as it goes on: what it writes, the room that it is promised, and whether it is to stop."""

from collections.abc import Sequence
from typing import Protocol

from clients.copernicus.disk import UNKNOWN_SIZE, Reservation
from models.copernicus import Product, ProductOutcome
from tasks.stopping import raise_if_stopping
from tasks.transfer_progress import TransferProgress


class Recorder(Protocol):
    """Writes down how far products are."""

    def began(self, product: Product) -> None:
        """A product is being received."""

    def ended(self, products: Sequence[tuple[Product, ProductOutcome]]) -> None:
        """What became of products."""


class DownloadWatch:
    """What the download of one product calls.

    Args:
        room: what it may still write.
    """

    def __init__(self, product: Product, room: Reservation, recorder: Recorder, progress: TransferProgress) -> None:
        self._product = product
        self._room = room
        self._recorder = recorder
        self._progress = progress
        self._position = -1
        self._total: int | None = None

    def at(self, position: int) -> None:
        """So many bytes of the product are here.

        Raises:
            Stopped: the process is asked to stop.
            NoSpace: there is no room for more of a product whose size nobody says.
        """
        raise_if_stopping()
        has_begun = self._position >= 0
        if not has_begun:
            self._recorder.began(self._product)
        self._progress.at(self._product.product_id, position, is_new=has_begun)
        if has_begun:
            self._use(position - self._position)
        self._position = position

    def begins(self, position: int, total: int | None) -> None:
        """A transfer goes on from a position, to a total that the answer or the catalogue says; None if neither does.

        Raises:
            NoSpace: there is no room for the rest.
        """
        self._room.promise(UNKNOWN_SIZE if total is None else max(0, total - position))
        self._position, self._total = position, total

    def _use(self, count: int) -> None:
        self._room.use(max(0, count))
        if self._total is None and count > 0 and not self._room.left:
            self._room.promise(UNKNOWN_SIZE)
