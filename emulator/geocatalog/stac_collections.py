"""Routes of `/stac/collections`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from emulator.geocatalog.access import ApiVersion, JsonBody
from emulator.geocatalog.beginning import begin
from emulator.geocatalog.collection_rules import (
    check_collection,
    check_no_assets,
    check_same_assets,
    require_collection,
    touch,
)
from emulator.geocatalog.errors import conflict, invalid, not_found
from emulator.geocatalog.links import link, with_collection_links, with_put_links
from emulator.geocatalog.managed_storage import DEFAULT_SIGN_MINUTES, sign_assets
from emulator.geocatalog.operations import NewOperation
from emulator.geocatalog.replies import accepted, inma_reply, reply
from emulator.geocatalog.settlement import DELETED_KIND
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/stac/collections", tags=["collections"])
Sign = Annotated[bool, Query()]
Duration = Annotated[float, Query(gt=0, description="Minutes that a signed href lives.")]


@router.get("")
def list_collections(state: State, sign: Sign = False, duration: Duration = DEFAULT_SIGN_MINUTES) -> Response:
    """List all Collections; not paged."""
    found = state.catalog.list_collections()
    if sign:
        sign_assets(state, found, duration)
    base = state.config.public_url
    links = [link("self", f"{base}/stac/collections"), link("parent", f"{base}/stac/"), link("root", f"{base}/stac/")]
    return reply({"collections": [with_collection_links(c, base) for c in found], "links": links})


@router.post("")
def create_collection(state: State, body: JsonBody, api_version: ApiVersion) -> Response:
    """Begin to create a Collection (202); it is invisible until the operation is done."""
    collection = check_collection(body)
    check_no_assets(collection)
    with state.catalog.database.transaction():  # nobody else takes the id in between
        _check_free(state, collection["id"])
        operation = begin(state, NewOperation("AddCollection", collection["id"], payload=collection))
    return accepted(operation, state.config.public_url, api_version)


def _check_free(state: EmulatorState, collection_id: str) -> None:
    taken = state.catalog.get_collection(collection_id) is not None
    if taken or state.operations.is_open("AddCollection", collection_id):
        raise conflict(f"Collection '{collection_id}' already exists.")
    deleted = state.records.get(DELETED_KIND, "", collection_id)
    wait = state.config.recreate_after_delete_seconds
    if deleted and state.clock.time() < deleted["at"] + wait:
        raise conflict(f"Collection '{collection_id}' was deleted recently. Please wait before creating it again.")


@router.get("/{collection_id}")
def get_collection(
    state: State, collection_id: str, sign: Sign = False, duration: Duration = DEFAULT_SIGN_MINUTES
) -> Response:
    """Return one Collection."""
    collection = require_collection(state, collection_id)
    if sign:
        sign_assets(state, [collection], duration)
    return reply(with_collection_links(collection, state.config.public_url))


@router.put("/{collection_id}")
def replace_collection(state: State, collection_id: str, body: JsonBody) -> Response:
    """Replace a Collection at once (200); its managed assets must be repeated and stay."""
    collection = check_collection(body)
    if collection["id"] != collection_id:
        raise invalid(f"The collection's 'id' must be '{collection_id}'.")
    with state.catalog.database.transaction():
        live = require_collection(state, collection_id)
        check_same_assets(collection, live)
        changed = touch(state, _with_kept_members(collection, live))
    return inma_reply(with_put_links(changed, state.config.public_url))


def _with_kept_members(collection: JsonDict, live: JsonDict) -> JsonDict:
    kept: JsonDict = {name: live[name] for name in ("assets", "msft:_created") if name in live}
    plain = {name: value for name, value in collection.items() if name != "assets"}
    return {**plain, **kept}


@router.delete("/{collection_id}")
def delete_collection(state: State, collection_id: str, api_version: ApiVersion) -> Response:
    """Begin to delete a Collection with its Items, assets and configuration (202)."""
    require_collection(state, collection_id)
    operation = begin(state, NewOperation("DeleteCollection", collection_id))
    return accepted(operation, state.config.public_url, api_version)


@router.get("/{collection_id}/thumbnail")
def get_thumbnail(state: State, collection_id: str) -> Response:
    """Return the bytes of the Collection's asset `thumbnail`."""
    collection = require_collection(state, collection_id)
    asset = (collection.get("assets") or {}).get("thumbnail")
    if asset is None:
        raise not_found(f"Thumbnail not found for collection '{collection_id}'.")
    content, content_type = state.blobs.open(asset["href"])
    data = content if isinstance(content, bytes) else content.read_bytes()
    return Response(data, media_type=asset.get("type") or content_type)
