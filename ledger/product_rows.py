"""Copernicus products of the ledger as tables: one dict per row, times in UTC."""

from ledger.ledger import Ledger
from ledger.products import ProductEntry
from models.copernicus import NOT_DOWNLOADED, ProductState

Row = dict[str, object]


def product_state_rows(ledger: Ledger, collection_id: str | None) -> list[Row]:
    """Return how many products are in each state, in the order of a product's life."""
    counts = ledger.count_products(collection_id)
    return [{"state": each.value, "products": counts[each.value]} for each in ProductState if each.value in counts]


def given_up_rows(ledger: Ledger, collection_id: str | None, limit: int) -> list[Row]:
    """Return products that a run gave up, the last changed first."""
    found = ledger.find_products(collection_id=collection_id, states=NOT_DOWNLOADED, limit=limit)
    return [_row(entry) for entry in found]


def _row(entry: ProductEntry) -> Row:
    failure = entry.failure
    return {
        "product": entry.name,
        "state": entry.state.value,
        "since": f"{entry.updated:%Y-%m-%d %H:%M:%S}",
        "Collection": entry.collection_id,
        "class": failure.kind.value if failure else "",
        "code": failure.code if failure else "",
        "message": failure.message if failure else "",
        "run": entry.run_id or "",
    }
