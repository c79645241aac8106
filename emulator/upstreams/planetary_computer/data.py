"""The upstream's data API: mosaic info, and the pictures that dynamic assets lead to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from emulator.blobs import BlobNotFound
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State
from emulator.tiler.answers import draw_item, request_window, tilejson
from emulator.tiler.options import InvalidOptions
from emulator.tiler.reading import UnknownAsset, UnreadableAsset
from emulator.tiler.windows import tile_window
from emulator.upstreams.planetary_computer.mosaic_info import mosaic_info

PREFIX = "/planetary-computer/api/data/v1"
router = APIRouter(prefix=PREFIX, tags=["upstream data"])
ItemId = Annotated[str, Query(alias="item")]


@router.get("/mosaic/info")
def get_mosaic_info(collection: str) -> dict[str, Any]:
    """Answer with mosaics and render options of a Collection."""
    info = mosaic_info(collection)
    if info is None:
        raise HTTPException(404, f"Mosaic info for collection {collection} not found")
    return info


@router.get("/item/preview.{format_name}")
def get_preview(format_name: str, collection: str, item: ItemId, request: Request, state: State) -> Response:
    """Draw all of an Item."""
    with _refusals():
        return draw_item(state, _item(state, collection, item), request, request_window(request), format_name)


@router.get("/item/tilejson.json")
def get_tilejson(collection: str, item: ItemId, request: Request, state: State) -> JsonDict:
    """Answer with the TileJSON of an Item."""
    found = _item(state, collection, item)
    url = f"{state.config.public_url}{PREFIX}/item/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}"
    return tilejson(url, found["bbox"], request)


@router.get("/item/tiles/WebMercatorQuad/{z}/{x}/{y}@{scale}x.{format_name}")
def get_tile(
    z: int, x: int, y: int, scale: int, format_name: str, collection: str, item: ItemId, request: Request, state: State
) -> Response:
    """Draw a tile of an Item."""
    with _refusals():
        return draw_item(state, _item(state, collection, item), request, tile_window(z, x, y, scale), format_name)


def _item(state: EmulatorState, collection_id: str, item_id: str) -> JsonDict:
    item = state.upstream.get_item(collection_id, item_id)
    if item is None:
        raise HTTPException(404, f"Item {item_id} in collection {collection_id} not found")
    return item


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except InvalidOptions as error:
        raise HTTPException(400, str(error)) from None
    except (UnknownAsset, UnreadableAsset, BlobNotFound) as error:
        raise HTTPException(404, str(error)) from None
