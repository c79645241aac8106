"""Which products failed on their way into a GeoCatalog, and the ingests that take them up again."""

from datetime import datetime

from ledger.ledger import Ledger
from ledger.products import ProductEntry
from ledger.records import Entry
from models.copernicus import NOT_DOWNLOADED, ProductState
from models.copernicus_ingest import SOURCE, IngestCopernicusRequest
from models.failure import FailureClass
from models.requests import RerunRequest
from tasks.id_parts import id_parts

GIVEN_UP = tuple(state for state in NOT_DOWNLOADED if state is not ProductState.OFFLINE)
_KEPT = ("convert_to_cog", "source_kind", "managed_identity", "proof")
"""Members of the request that asked first, which say how products get into the GeoCatalog."""


def is_of_product(entry: Entry) -> bool:
    """Tell whether an Item was to be made of a product."""
    return (entry.source_collection or "").startswith(SOURCE)


def product_ingests(
    entries: list[Entry], request: RerunRequest, known: Ledger, run_id: str | None, after: datetime | None
) -> list[IngestCopernicusRequest]:
    """Return the ingests that take up the products of failed Items, apart for each Collection and source.

    Args:
        entries: Items that were selected, all of products.
        run_id, after: what they were selected by.
    """
    groups = sorted({(entry.collection_id, str(entry.source_collection).removeprefix(SOURCE)) for entry in entries})
    ingests = []
    for collection_id, source in groups:
        failed = known.find_products(
            collection_id=collection_id,
            run_id=run_id,
            states=GIVEN_UP,
            codes=request.codes or None,
            updated_after=after,
        )
        ids = [product.product_id for product in failed if _is_wanted(product, source, request)]
        ingests += [_ingest(collection_id, source, part, known) for part in id_parts(ids)]
    return ingests


def _is_wanted(product: ProductEntry, source: str, request: RerunRequest) -> bool:
    kind = product.failure.kind if product.failure else None
    of_class = not request.classes or kind in request.classes
    return product.source_collection == source and of_class and (request.dead_letters or kind != FailureClass.PERMANENT)


def _ingest(collection_id: str, source: str, product_ids: list[str], known: Ledger) -> IngestCopernicusRequest:
    runs = known.runs(collection_id=collection_id, limit=50)
    asked = next((run.request for run in runs if run.request.get("collection", "SENTINEL-2") == source), {})
    kept = {name: asked[name] for name in _KEPT if name in asked}
    return IngestCopernicusRequest(collection_id=collection_id, collection=source, product_ids=product_ids, **kept)
