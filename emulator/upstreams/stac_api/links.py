"""Links of a STAC API."""

from emulator.json_types import JsonDict

JSON, GEOJSON, SCHEMA_JSON = "application/json", "application/geo+json", "application/schema+json"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_STRUCTURAL = {"self", "root", "parent", "collection", "items", QUERYABLES_REL}


def with_collection_links(collection: JsonDict, root: str) -> JsonDict:
    """Return the Collection with the API's own links; all others are kept."""
    url = f"{root}/collections/{collection['id']}"
    links = [
        {"rel": "items", "type": GEOJSON, "href": f"{url}/items"},
        {"rel": "parent", "type": JSON, "href": f"{root}/"},
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": JSON, "href": url},
        {"rel": QUERYABLES_REL, "type": SCHEMA_JSON, "href": f"{url}/queryables", "title": "Queryables"},
    ]
    return {**collection, "links": links + _others(collection)}


def with_item_links(item: JsonDict, root: str) -> JsonDict:
    """Return the Item with the API's own links; all others are kept."""
    collection = f"{root}/collections/{item['collection']}"
    links = [
        {"rel": "collection", "type": JSON, "href": collection},
        {"rel": "parent", "type": JSON, "href": collection},
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": GEOJSON, "href": f"{collection}/items/{item['id']}"},
    ]
    return {**item, "links": links + _others(item)}


def _others(document: JsonDict) -> list[JsonDict]:
    return [link for link in document.get("links") or () if link["rel"] not in _STRUCTURAL]
