"""A static STAC catalog: one catalog.json that links to a file for each Item."""

from collections.abc import Iterable

from models.area import JsonDict


def item_path(item_id: str) -> str:
    """Return the path of an Item's file, relative to catalog.json."""
    return f"items/{item_id}.json"


def static_catalog(name: str, item_ids: Iterable[str]) -> JsonDict:
    """Return the catalog.json of Items. Its links are relative, so that it can lie anywhere.

    Args:
        name: id of the catalog.
    """
    links = [{"rel": "item", "href": f"./{item_path(id_)}", "type": "application/geo+json"} for id_ in item_ids]
    root = {"rel": "root", "href": "./catalog.json", "type": "application/json"}
    return {
        "type": "Catalog",
        "id": name,
        "stac_version": "1.0.0",
        "description": "Items staged for a bulk ingestion.",
        "links": [root, *links],
    }
