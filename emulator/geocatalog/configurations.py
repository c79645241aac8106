"""Routes of `/stac/collections/{collectionId}/configurations`; all take effect at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response

from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.collection_rules import require_collection, touch
from emulator.geocatalog.configuration_rules import DEFAULT_TILE_SETTINGS, mosaic, render_option, tile_settings
from emulator.geocatalog.errors import conflict, invalid, not_found
from emulator.geocatalog.replies import reply
from emulator.geocatalog.settlement import MOSAIC_KIND
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

ROOT = "/stac/collections/{collection_id}/configurations"
RENDER_OPTION_KIND = "render-option"
SETTINGS_KIND = "collection-settings"
PARTITION_SCHEMES = ("none", "year", "month")

router = APIRouter(prefix=ROOT, tags=["configurations"])


@router.get("")
def get_configuration(state: State, collection_id: str) -> Response:
    """Return tile settings, mosaics and render options in one document."""
    require_collection(state, collection_id)
    mosaic_info = {
        "mosaics": state.records.list(MOSAIC_KIND, collection_id),
        "renderOptions": state.records.list(RENDER_OPTION_KIND, collection_id),
        "defaultLocation": None,
        "defaultCustomQuery": None,
    }
    return reply({"tileSettings": _tile_settings(state, collection_id), "mosaicInfo": mosaic_info})


def _tile_settings(state: EmulatorState, collection_id: str) -> JsonDict:
    return state.records.get(SETTINGS_KIND, collection_id, "tile-settings") or DEFAULT_TILE_SETTINGS


@router.get("/tile-settings")
def get_tile_settings(state: State, collection_id: str) -> Response:
    """Return the tile settings; a new Collection has the service's defaults."""
    require_collection(state, collection_id)
    return reply(_tile_settings(state, collection_id))


@router.put("/tile-settings")
def replace_tile_settings(state: State, collection_id: str, body: JsonBody) -> Response:
    """Replace the tile settings (200)."""
    settings = tile_settings(body)
    touch(state, require_collection(state, collection_id))
    state.records.put(SETTINGS_KIND, collection_id, "tile-settings", settings)
    return reply(settings)


@router.get("/partition-type")
def get_partition_type(state: State, collection_id: str) -> Response:
    """Return how the Items are partitioned."""
    require_collection(state, collection_id)
    return reply(state.records.get(SETTINGS_KIND, collection_id, "partition-type") or {"scheme": "none"})


@router.put("/partition-type")
def replace_partition_type(state: State, collection_id: str, body: JsonBody) -> Response:
    """Replace the partition type (200, no body); refused once there are Items."""
    require_collection(state, collection_id)
    if not isinstance(body, dict) or body.get("scheme") not in PARTITION_SCHEMES:
        raise invalid(f"scheme must be one of {', '.join(PARTITION_SCHEMES)}")
    if state.catalog.count_items(collection_id):
        raise invalid("The partition type can only be changed while the collection has no items")
    state.records.put(SETTINGS_KIND, collection_id, "partition-type", {"scheme": body["scheme"]})
    return Response(status_code=200)


@dataclass(frozen=True)
class _Family:
    """Render options and mosaics: the same verbs on different documents."""

    path: str
    kind: str
    title: str
    check: Callable[[Any], JsonDict]

    def require(self, state: EmulatorState, collection_id: str, record_id: str) -> JsonDict:
        require_collection(state, collection_id)
        found = state.records.get(self.kind, collection_id, record_id)
        if found is None:
            raise not_found(f"{self.title} '{record_id}' not found for collection '{collection_id}'")
        return found

    def store(self, state: EmulatorState, collection_id: str, document: JsonDict) -> None:
        touch(state, require_collection(state, collection_id))
        state.records.put(self.kind, collection_id, document["id"], document)


def _family_router(family: _Family) -> APIRouter:
    """Return the five routes of one family."""
    routes = APIRouter(prefix=f"{ROOT}/{family.path}", tags=["configurations"])

    @routes.get("")
    def list_documents(state: State, collection_id: str) -> Response:
        require_collection(state, collection_id)
        return reply(state.records.list(family.kind, collection_id))

    @routes.post("")
    def create_document(state: State, collection_id: str, body: JsonBody) -> Response:
        document = family.check(body)
        with state.catalog.database.transaction():
            require_collection(state, collection_id)
            if state.records.get(family.kind, collection_id, document["id"]):
                raise conflict(f"{family.title} '{document['id']}' already exists for collection '{collection_id}'")
            family.store(state, collection_id, document)
        return reply(document, 201)

    @routes.get("/{record_id}")
    def get_document(state: State, collection_id: str, record_id: str) -> Response:
        return reply(family.require(state, collection_id, record_id))

    @routes.put("/{record_id}")
    def replace_document(state: State, collection_id: str, record_id: str, body: JsonBody) -> Response:
        document = family.check(body)
        if document["id"] != record_id:
            raise invalid(f"{family.title} id must be '{record_id}'")
        with state.catalog.database.transaction():
            family.require(state, collection_id, record_id)
            family.store(state, collection_id, document)
        return reply(document)

    @routes.delete("/{record_id}")
    def delete_document(state: State, collection_id: str, record_id: str) -> Response:
        with state.catalog.database.transaction():
            family.require(state, collection_id, record_id)
            state.records.delete(family.kind, collection_id, record_id)
            touch(state, require_collection(state, collection_id))
        return Response(status_code=200)

    return routes


render_options_router = _family_router(_Family("render-options", RENDER_OPTION_KIND, "Render Option", render_option))
mosaics_router = _family_router(_Family("mosaics", MOSAIC_KIND, "Mosaic", mosaic))
