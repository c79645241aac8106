"""Routes of `/stac/collections/{collectionId}/items`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from emulator.geocatalog.access import ApiVersion, JsonBody
from emulator.geocatalog.beginning import begin
from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.errors import invalid, not_found
from emulator.geocatalog.links import collection_url, link, next_get_link, with_item_links
from emulator.geocatalog.managed_storage import DEFAULT_SIGN_MINUTES, sign_assets
from emulator.geocatalog.operations import NewOperation
from emulator.geocatalog.replies import GEOJSON, accepted, reply
from emulator.geocatalog.stac_collections import Duration, Sign
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, parse_get
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/stac/collections/{collection_id}/items", tags=["items"])
LIST_LIMIT = 10
MAX_LIST_LIMIT = 10_000


@router.post("")
def create_items(state: State, collection_id: str, body: JsonBody, api_version: ApiVersion) -> Response:
    """Begin to ingest a Feature, or all Features of a FeatureCollection (202)."""
    require_collection(state, collection_id)
    payload = _with_collection(body, collection_id)
    ids = _item_ids(payload)
    most = state.config.max_feature_collection
    if most is not None and len(ids) > most:
        raise invalid(f"The FeatureCollection has more than {most} items.", "PostItemCollectionSizeExceeded")
    state.requests.count_submitted(collection_id, ids)
    operation = begin(state, NewOperation("AddItem", collection_id, ids[0], len(ids), payload))
    return accepted(operation, state.config.public_url, api_version)


def _with_collection(body: Any, collection_id: str) -> JsonDict:
    """Return the body with `collection` filled in where it is missing."""
    if not isinstance(body, dict) or body.get("type") not in ("Feature", "FeatureCollection"):
        raise invalid("The request body must be a Feature or a FeatureCollection.")
    features = body.get("features") if body["type"] == "FeatureCollection" else [body]
    if not isinstance(features, list) or not features or not all(isinstance(f, dict) for f in features):
        raise invalid("The FeatureCollection has no features.")
    for feature in features:
        feature.setdefault("collection", collection_id)
    return body


def _item_ids(payload: JsonDict) -> list[str]:
    features = payload["features"] if payload["type"] == "FeatureCollection" else [payload]
    ids = [item_id for feature in features if isinstance(item_id := feature.get("id"), str) and item_id]
    if len(ids) < len(features):
        raise invalid("Every item needs an 'id'.")
    return ids


@router.get("")
def list_items(
    request: Request,
    state: State,
    collection_id: str,
    sign: Sign = False,
    duration: Duration = DEFAULT_SIGN_MINUTES,
) -> Response:
    """List Items newest first; 10 on a page unless `limit` says otherwise."""
    require_collection(state, collection_id)
    params = {k: v for k, v in request.query_params.items() if k in ("limit", "bbox", "datetime", "token")}
    limit = min(MAX_LIST_LIMIT, state.config.search.page_limit)
    try:
        search = parse_get({**params, "collections": collection_id}, default_limit=LIST_LIMIT, max_limit=limit)
        page = state.catalog.search(search)
    except InvalidSearch as error:
        raise invalid(str(error)) from None
    if sign:
        sign_assets(state, page.items, duration)
    links = _list_links(state.config.public_url, collection_id)
    if page.next_token:
        links.append(next_get_link(links[-1]["href"], request.query_params.multi_items(), page.next_token))
    features = [with_item_links(item, state.config.public_url) for item in page.items]
    return reply({"type": "FeatureCollection", "features": features, "links": links}, media_type=GEOJSON)


def _list_links(base: str, collection_id: str) -> list[JsonDict]:
    url = collection_url(base, collection_id)
    own = [link("collection", url), link("parent", url), link("root", f"{base}/stac/")]
    return [*own, link("self", f"{url}/items", GEOJSON)]


@router.get("/{item_id}")
def get_item(
    state: State, collection_id: str, item_id: str, sign: Sign = False, duration: Duration = DEFAULT_SIGN_MINUTES
) -> Response:
    """Return one Item."""
    require_collection(state, collection_id)
    item = state.catalog.get_item(collection_id, item_id)
    if item is None:
        text = f"Item '{item_id}' not found in collection '{collection_id}'."
        raise not_found(f"{text} Please verify the item ID and collection ID, and try again.")
    if sign:
        sign_assets(state, [item], duration)
    return reply(with_item_links(item, state.config.public_url), media_type=GEOJSON)


@router.put("/{item_id}")
def replace_item(state: State, collection_id: str, item_id: str, body: JsonBody, api_version: ApiVersion) -> Response:
    """Begin to replace an Item by one with source hrefs (202)."""
    require_collection(state, collection_id)
    if not isinstance(body, dict) or body.get("type") != "Feature":
        raise invalid("The request body must be a Feature.")
    if body.get("id") != item_id:
        raise invalid(f"The item's 'id' must be '{item_id}'.")
    body.setdefault("collection", collection_id)
    state.requests.count_submitted(collection_id, [item_id])
    return _begin_update(state, collection_id, item_id, body, api_version)


@router.patch("/{item_id}")
def update_item(state: State, collection_id: str, item_id: str, body: JsonBody, api_version: ApiVersion) -> Response:
    """Begin to merge a patch (RFC 7396) into an Item (202)."""
    require_collection(state, collection_id)
    if not isinstance(body, dict) or body.get("id", item_id) != item_id:
        raise invalid("The request body must be a merge patch that keeps the item's 'id'.", "PatchValidation")
    return _begin_update(state, collection_id, item_id, {"patch": body}, api_version)


def _begin_update(
    state: EmulatorState, collection_id: str, item_id: str, payload: JsonDict, api_version: str
) -> Response:
    operation = begin(state, NewOperation("UpdateItem", collection_id, item_id, payload=payload))
    return accepted(operation, state.config.public_url, api_version)


@router.delete("/{item_id}")
def delete_item(state: State, collection_id: str, item_id: str, api_version: ApiVersion) -> Response:
    """Begin to delete an Item (202); a missing one lets the operation fail."""
    require_collection(state, collection_id)
    operation = begin(state, NewOperation("DeleteItem", collection_id, item_id))
    return accepted(operation, state.config.public_url, api_version)
