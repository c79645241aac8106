"""Landing page, conformance and queryables of a STAC API."""

from dataclasses import dataclass
from typing import Any

from emulator.json_types import JsonDict
from emulator.upstreams.stac_api.links import GEOJSON, JSON, QUERYABLES_REL, SCHEMA_JSON

_STAC_API = "https://api.stacspec.org/v1.0.0"
_OGC = "http://www.opengis.net/spec"
CONFORMANCE = (
    f"{_STAC_API}/core",
    f"{_STAC_API}/collections",
    f"{_STAC_API}/ogcapi-features",
    f"{_STAC_API}/item-search",
    f"{_STAC_API}/item-search#fields",
    f"{_STAC_API}/item-search#filter",
    f"{_STAC_API}/item-search#query",
    f"{_STAC_API}/item-search#sort",
    f"{_OGC}/ogcapi-features-1/1.0/conf/core",
    f"{_OGC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_OGC}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_OGC}/ogcapi-features-3/1.0/conf/filter",
    f"{_OGC}/cql2/1.0/conf/basic-cql2",
    f"{_OGC}/cql2/1.0/conf/cql2-json",
    f"{_OGC}/cql2/1.0/conf/cql2-text",
)
_NUMBER: JsonDict = {"type": "number"}
_PROPERTIES: dict[str, Any] = {
    "id": {"title": "Item ID", "type": "string"},
    "datetime": {"title": "Acquired", "type": "string", "format": "date-time"},
    "geometry": {"title": "Geometry", "$ref": "https://geojson.org/schema/Geometry.json"},
    "platform": {"title": "Platform", "type": "string"},
    "eo:cloud_cover": {"title": "Cloud cover", **_NUMBER, "minimum": 0, "maximum": 100},
    "s2:mgrs_tile": {"title": "MGRS tile", "type": "string"},
    "sat:relative_orbit": {"title": "Relative orbit", "type": "integer", "minimum": 1},
}


@dataclass(frozen=True)
class Catalog:
    """How an API names itself."""

    id: str
    title: str
    description: str


def landing_page(catalog: Catalog, root: str, collection_ids: list[str]) -> JsonDict:
    """Describe the API; `root` is its URL without a slash at its end."""
    return {
        "type": "Catalog",
        "id": catalog.id,
        "title": catalog.title,
        "description": catalog.description,
        "stac_version": "1.0.0",
        "conformsTo": list(CONFORMANCE),
        "links": _links(root) + [_child(root, collection_id) for collection_id in collection_ids],
    }


def queryables(url: str, title: str) -> JsonDict:
    """JSON Schema of what can be filtered by; any other property of an Item works too."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": url,
        "type": "object",
        "title": title,
        "properties": _PROPERTIES,
        "additionalProperties": True,
    }


def _links(root: str) -> list[JsonDict]:
    return [
        {"rel": "self", "type": JSON, "href": f"{root}/"},
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "data", "type": JSON, "href": f"{root}/collections"},
        {"rel": "conformance", "type": JSON, "href": f"{root}/conformance"},
        {"rel": "search", "type": GEOJSON, "href": f"{root}/search", "method": "GET"},
        {"rel": "search", "type": GEOJSON, "href": f"{root}/search", "method": "POST"},
        {"rel": QUERYABLES_REL, "type": SCHEMA_JSON, "href": f"{root}/queryables", "method": "GET"},
    ]


def _child(root: str, collection_id: str) -> JsonDict:
    return {"rel": "child", "type": JSON, "href": f"{root}/collections/{collection_id}"}
