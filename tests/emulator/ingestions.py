"""Create ingestions and run them."""

from typing import Any

from tests.emulator.catalog import Catalog

INGESTIONS = "/inma/collections/c/ingestions"


def describe(url: str, **members: Any) -> dict[str, Any]:
    kind, name = (
        ("StacGeoparquet", "stacGeoparquetUrl") if url.endswith(".parquet") else ("StaticCatalog", "sourceCatalogUrl")
    )
    return {"importType": kind, name: url, "skipExistingItems": False, "keepOriginalAssets": False, **members}


def create(catalog: Catalog, url: str, **members: Any) -> str:
    return catalog.call("POST", INGESTIONS, 201, json=describe(url, **members)).json()["id"]


def begin_run(catalog: Catalog, ingestion: str) -> str:
    """Begin a run; return its path."""
    response = catalog.call("POST", f"{INGESTIONS}/{ingestion}/runs", 201)
    return response.headers["Location"].removeprefix(catalog.url)


def run(catalog: Catalog, url: str, **members: Any) -> dict[str, Any]:
    """Create an ingestion, run it, let it end; return the run's operation."""
    path = begin_run(catalog, create(catalog, url, **members))
    catalog.advance(600)
    return catalog.call("GET", path, 200).json()["operation"]


def counts(operation: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("totalItems", "totalPendingItems", "totalSuccessfulItems", "totalFailedItems")
    return tuple(operation[name] for name in names)  # type: ignore[return-value]


def last_code(operation: dict[str, Any]) -> str:
    assert operation["status"] == "Failed"
    return operation["statusHistory"][-1]["errorCode"]
