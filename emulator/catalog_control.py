"""Routes of `/_emulator/catalog`: changes of the GeoCatalog that leave no operation behind."""

from fastapi import APIRouter, HTTPException, Response

from emulator.geocatalog.managed_storage import item_prefix
from emulator.geocatalog.settlement import settle
from emulator.state import State

router = APIRouter(prefix="/_emulator/catalog", tags=["control"])


@router.delete("/items/{collection_id}/{item_id}")
def delete_item(state: State, collection_id: str, item_id: str) -> Response:
    """Delete an Item and its blobs behind everybody's back (204)."""
    settle(state)
    if not state.catalog.delete_item(collection_id, item_id):
        raise HTTPException(404, f"the GeoCatalog has no Item '{item_id}' in '{collection_id}'")
    state.blobs.delete_prefix(item_prefix(state, collection_id, item_id))
    return Response(status_code=204)
