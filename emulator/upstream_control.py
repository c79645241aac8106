"""Routes of `/_emulator/upstream`: what the public catalog publishes, reprocesses and takes back."""

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from emulator.content.loading import ContentLoader, UnreadableItems
from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.replies import reply
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/_emulator/upstream/items", tags=["control"])
CLOUD_COVER, GENERATION_TIME = "eo:cloud_cover", "s2:generation_time"


@router.put("")
def put_items(state: State, body: JsonBody) -> Response:
    """Add or replace Items: a FeatureCollection, or a list of Items. All or none; 400 names the bad one."""
    loader = ContentLoader(state.upstream, state.blobs, state.config.public_url)
    try:
        items = loader.localized(_features(body))
        state.upstream_changes.put(items, loader)
    except UnreadableItems as error:
        raise HTTPException(400, str(error)) from None
    return reply({"items": len(items)})


def _features(body: Any) -> list[Any]:
    features = body.get("features") if isinstance(body, dict) else body
    if not isinstance(features, list):
        raise HTTPException(400, "the body must be a FeatureCollection or a list of Items")
    return features


@router.delete("/{collection_id}/{item_id}")
def delete_item(state: State, collection_id: str, item_id: str) -> Response:
    """Take an Item back (204); its blobs stay."""
    if not state.upstream_changes.delete(collection_id, item_id):
        raise HTTPException(404, f"the upstream has no Item '{item_id}' in '{collection_id}'")
    return Response(status_code=204)


@router.post("/{collection_id}/{item_id}/reprocess")
def reprocess_item(state: State, collection_id: str, item_id: str) -> Response:
    """Publish an Item anew under the same id: made later, and with another cloud cover."""
    item = state.upstream.get_item(collection_id, item_id)
    if item is None:
        raise HTTPException(404, f"the upstream has no Item '{item_id}' in '{collection_id}'")
    changed = {**item, "properties": _reprocessed(state, item["properties"])}
    state.upstream_changes.put([changed], ContentLoader(state.upstream, state.blobs, state.config.public_url))
    return reply(changed)


def _reprocessed(state: EmulatorState, properties: JsonDict) -> JsonDict:
    name = GENERATION_TIME if GENERATION_TIME in properties else "updated"
    changed = {**properties, name: f"{state.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"}
    if isinstance(cover := properties.get(CLOUD_COVER), int | float):
        changed[CLOUD_COVER] = round((cover + 7) % 100, 6)
    return changed
