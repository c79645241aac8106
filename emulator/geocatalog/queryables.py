"""Routes of the queryables: what a filter may name, as JSON Schema."""

from typing import Any

from fastapi import APIRouter, Response

from emulator.geocatalog.access import ApiVersion, JsonBody
from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.errors import conflict, invalid, not_found
from emulator.geocatalog.links import collection_url
from emulator.geocatalog.replies import SCHEMA_JSON, reply
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

KIND = "queryable"
DATA_TYPES = ("string", "number", "boolean", "timestamp", "date")
ITEM_SCHEMA = "https://schemas.stacspec.org/v1.0.0/item-spec/json-schema"
ITEM_ID_SCHEMA = f"{ITEM_SCHEMA}/item.json#/definitions/core/allOf/2/properties/id"
FEATURE_SCHEMA = "https://geojson.org/schema/Feature.json"
BASE_PROPERTIES: JsonDict = {
    "id": {"title": "Item ID", "description": "Item identifier", "$ref": ITEM_ID_SCHEMA},
    "datetime": {"description": "Datetime", "type": "string", "title": "Acquired", "format": "date-time"},
    "geometry": {"title": "Item Geometry", "description": "Item Geometry", "$ref": FEATURE_SCHEMA},
}

router = APIRouter(prefix="/stac", tags=["queryables"])


@router.get("/queryables")
def list_queryables(state: State, api_version: ApiVersion) -> Response:
    """Return what every Collection can be filtered by."""
    return _schema(f"{state.config.public_url}/stac/queryables", {}, api_version)


@router.get("/collections/{collection_id}/queryables")
def get_collection_queryables(state: State, collection_id: str, api_version: ApiVersion) -> Response:
    """Return what one Collection can be filtered by."""
    require_collection(state, collection_id)
    own = {q["name"]: q["definition"] for q in state.records.list(KIND, collection_id)}
    return _schema(f"{collection_url(state.config.public_url, collection_id)}/queryables", own, api_version)


def _schema(url: str, own: JsonDict, api_version: str) -> Response:
    document = {
        "$id": f"{url}?api-version={api_version}",
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "title": "STAC Queryables.",
        "properties": {**BASE_PROPERTIES, **own},
        "additionalProperties": True,
    }
    return reply(document, media_type=SCHEMA_JSON)


@router.post("/collections/{collection_id}/queryables")
def create_queryables(state: State, collection_id: str, body: JsonBody) -> Response:
    """Add queryables (201); the body and the answer are arrays."""
    require_collection(state, collection_id)
    if not isinstance(body, list) or not body:
        raise invalid("The request body must be an array of queryables")
    queryables = [_checked(entry) for entry in body]
    with state.catalog.database.transaction():
        for queryable in queryables:
            if state.records.get(KIND, collection_id, queryable["name"]):
                raise conflict(f"Queryable '{queryable['name']}' already exists for collection '{collection_id}'")
            state.records.put(KIND, collection_id, queryable["name"], queryable)
    return reply(queryables, 201)


@router.put("/collections/{collection_id}/queryables/{name:path}")
def replace_queryable(state: State, collection_id: str, name: str, body: JsonBody) -> Response:
    """Replace one queryable (200)."""
    _require(state, collection_id, name)
    queryable = _checked(body)
    if queryable["name"] != name:
        raise invalid(f"The queryable's name must be '{name}'")
    state.records.put(KIND, collection_id, name, queryable)
    return reply(queryable)


@router.delete("/collections/{collection_id}/queryables/{name:path}")
def delete_queryable(state: State, collection_id: str, name: str) -> Response:
    """Delete one queryable (200, no body)."""
    _require(state, collection_id, name)
    state.records.delete(KIND, collection_id, name)
    return Response(status_code=200)


def _require(state: EmulatorState, collection_id: str, name: str) -> None:
    require_collection(state, collection_id)
    if state.records.get(KIND, collection_id, name) is None:
        raise not_found(f"Queryable '{name}' not found for collection '{collection_id}'")


def _checked(entry: Any) -> JsonDict:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise invalid("A queryable needs a name")
    if not isinstance(entry.get("definition"), dict):
        raise invalid(f"Queryable '{entry['name']}' needs a definition")
    if entry.get("data_type") not in (None, *DATA_TYPES):
        raise invalid(f"Queryable data_type must be one of {', '.join(DATA_TYPES)}")
    return {
        "name": entry["name"],
        "definition": entry["definition"],
        "create_index": bool(entry.get("create_index", False)),
        "data_type": entry.get("data_type"),
    }
