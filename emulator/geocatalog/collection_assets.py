"""Routes of `/stac/collections/{collectionId}/assets`: multipart, and done at once."""

import mimetypes
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, File, Form, Response, UploadFile

from emulator.geocatalog.collection_rules import require_collection, touch
from emulator.geocatalog.errors import conflict, invalid, not_found
from emulator.geocatalog.item_rules import ASSET_KEY
from emulator.geocatalog.links import with_collection_links
from emulator.geocatalog.managed_storage import container_url
from emulator.geocatalog.replies import reply
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/stac/collections/{collection_id}/assets", tags=["collection assets"])
FilePart = Annotated[UploadFile, File()]
DataPart = Annotated[str, Form(description="JSON: key, href (ignored), type, roles, title, description.")]


@router.post("")
def create_asset(state: State, collection_id: str, file: FilePart, data: DataPart) -> Response:
    """Add an asset (201) and return the whole Collection; 409 when the key is taken."""
    asset = _asset(data)
    key = asset.pop("key")
    content = file.file.read()
    with state.catalog.database.transaction():
        collection = require_collection(state, collection_id)
        if key in (collection.get("assets") or {}):
            raise conflict(f"Asset key '{key}' already exists in collection '{collection_id}'.")
        return _stored(state, collection, key, _uploaded(state, collection_id, key, asset, file, content), 201)


@router.put("/{asset_id}")
def replace_asset(state: State, collection_id: str, asset_id: str, file: FilePart, data: DataPart) -> Response:
    """Replace an asset (200) and return the whole Collection."""
    asset = _asset(data)
    if asset.pop("key") != asset_id:
        raise invalid(f"The asset's key must be '{asset_id}'.")
    content = file.file.read()
    with state.catalog.database.transaction():
        collection = _with_asset(state, collection_id, asset_id)
        state.blobs.delete_prefix(collection["assets"][asset_id]["href"])
        asset = _uploaded(state, collection_id, asset_id, asset, file, content)
        return _stored(state, collection, asset_id, asset, 200)


@router.delete("/{asset_id}")
def delete_asset(state: State, collection_id: str, asset_id: str) -> Response:
    """Delete an asset (200) and return the whole Collection; without assets, it has no such member."""
    with state.catalog.database.transaction():
        collection = _with_asset(state, collection_id, asset_id)
        state.blobs.delete_prefix(collection["assets"].pop(asset_id)["href"])
        if not collection["assets"]:
            del collection["assets"]
        return _shown(state, touch(state, collection), 200)


def _asset(data: str) -> JsonDict:
    try:
        asset: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise invalid("The part 'data' is not valid JSON.") from None
    if not isinstance(asset, dict) or not isinstance(asset.get("key"), str) or not ASSET_KEY.fullmatch(asset["key"]):
        raise invalid("The part 'data' needs a valid 'key'.")
    asset.pop("href", None)  # ignored; the documentation demands it, Microsoft's client never sends it
    return asset


def _with_asset(state: EmulatorState, collection_id: str, key: str) -> JsonDict:
    collection = require_collection(state, collection_id)
    if key not in (collection.get("assets") or {}):
        text = f"Asset key '{key}' not found in collection '{collection_id}'."
        raise not_found(f"{text} Please verify the asset key and collection ID, and try again.")
    return collection


def _uploaded(
    state: EmulatorState, collection_id: str, key: str, asset: JsonDict, file: UploadFile, content: bytes
) -> JsonDict:
    name = file.filename or key
    href = f"{container_url(state, collection_id)}/collection-assets/{quote(key)}/{quote(name)}"
    media_type = asset.get("type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    state.blobs.put(href, content, media_type)
    return {**asset, "href": href}


def _stored(state: EmulatorState, collection: JsonDict, key: str, asset: JsonDict, status: int) -> Response:
    assets = {**(collection.get("assets") or {}), key: asset}
    return _shown(state, touch(state, {**collection, "assets": assets}), status)


def _shown(state: EmulatorState, collection: JsonDict, status: int) -> Response:
    return reply(with_collection_links(collection, state.config.public_url, queryables=False), status)
