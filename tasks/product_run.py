"""Write one run that downloads Copernicus products into the ledger."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.ledger import Ledger
from ledger.products import ProductChange
from ledger.records import utc_now
from models.copernicus import Product, ProductOutcome, ProductState
from models.copernicus_request import DownloadCopernicusRequest
from models.failure import FailureClass
from tasks.recorded_run import RecordedRun
from tasks.window import signature_of, window_of

FLOW = "download-copernicus"


class ProductRun(RecordedRun[ProductState]):
    """Records one run; safe to share between threads.

    Attributes:
        collection: of the Copernicus catalogue.
        window: start and end of the sensing time asked for, UTC, both inclusive; None where open.
    """

    def __init__(
        self, ledger: Ledger, request: DownloadCopernicusRequest, now: Callable[[], datetime] = utc_now
    ) -> None:
        asked_at = now()
        window = window_of(request, ledger, asked_at)
        super().__init__(ledger, request, FLOW, request.collection, asked_at=asked_at, window=window, now=now)
        self.collection = request.collection
        self._request = request
        self._sensed: dict[str, datetime] = {}

    def found(self, products: Sequence[Product]) -> None:
        """Record products that the search has named."""
        self._states.update({product.product_id: ProductState.FOUND for product in products})
        self._sensed.update({product.product_id: product.start for product in products})
        self.ledger.record_found(self.run_id, self._request.collection, products)

    def began(self, product: Product) -> None:
        """Record that a product is being received."""
        self._record([ProductChange(product, ProductState.DOWNLOADING)])

    def ended(self, products: Sequence[tuple[Product, ProductOutcome]]) -> None:
        """Record what became of products."""
        self._record([ProductChange(each, to.state, to.failure, to.downloaded) for each, to in products])

    def move_watermark(self, outcomes: Sequence[ProductOutcome]) -> None:
        """Note how far a recurring request is complete: to now, but not past a product that asking again may bring."""
        request = self._request
        if request.lookback_days is None or request.max_products is not None or request.product_ids:
            return
        still_open = [self._sensed[each.product_id] for each in outcomes if _is_open(each)]
        self.ledger.move_watermark(signature_of(request), min([self.asked_at, *still_open]))

    def _record(self, changes: list[ProductChange]) -> None:
        self._states.update({change.product.product_id: change.state for change in changes})
        self.ledger.record_products(self.run_id, self._request.collection, changes)


def _is_open(outcome: ProductOutcome) -> bool:
    failure = outcome.failure
    return outcome.state is ProductState.FOUND or (failure is not None and failure.kind is not FailureClass.PERMANENT)
