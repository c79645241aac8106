"""Pictures of the Explorer's pages, drawn without a token."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from rasterio.warp import transform_bounds

from emulator.blobs import BlobNotFound
from emulator.explorer.render_choices import RenderChoice, find_choice, mosaic_search, render_choices
from emulator.geocatalog.managed_storage import is_managed
from emulator.json_types import JsonDict
from emulator.search import SearchRequest
from emulator.state import EmulatorState, State
from emulator.tiler.answers import picture_response, reader_of
from emulator.tiler.drawing import draw, read_mosaic
from emulator.tiler.options import InvalidOptions
from emulator.tiler.reading import UnknownAsset, UnreadableAsset
from emulator.tiler.windows import WGS84, Window, tile_window

router = APIRouter(prefix="/collections/{collection_id}", tags=["explorer"])
ITEMS_UNDER_A_TILE = 12
THUMBNAIL_SIDE = 192
UNDRAWABLE = (InvalidOptions, UnknownAsset, UnreadableAsset, BlobNotFound)


@router.get("/tiles/{z}/{x}/{y}.png")
def get_tile(
    collection_id: str, z: int, x: int, y: int, state: State, option: str = "", mosaic: str = "", item: str = ""
) -> Response:
    """Draw a map tile; an empty one where there is nothing to draw."""
    try:
        window = tile_window(z, x, y)
        items = _items_under(state, mosaic_search(state, collection_id, mosaic, item), window)
        choice = _choice(state, collection_id, items, option)
        image = read_mosaic((reader_of(state, found) for found in items), window, choice.options()) if choice else None
        if image and choice:
            return picture_response(draw(image, choice.options(), "png"))
    except UNDRAWABLE:
        pass  # a broken option or a missing blob must not fill the page with broken images
    return Response(_empty_tile(), media_type="image/png")


@router.get("/items/{item_id}/thumbnail.png")
def get_item_thumbnail(collection_id: str, item_id: str, state: State, option: str = "") -> Response:
    """Draw a small picture of one Item."""
    item = state.catalog.get_item(collection_id, item_id)
    if item is None:
        raise HTTPException(404, "no such Item")
    try:
        choice = _choice(state, collection_id, [item], option)
        if choice:
            image = reader_of(state, item).read(Window(max_size=THUMBNAIL_SIDE), choice.options())
            return picture_response(draw(image, choice.options(), "png"))
    except UNDRAWABLE:
        pass
    return Response(_empty_tile(), media_type="image/png")


@router.get("/cover")
def get_cover(collection_id: str, state: State) -> Response:
    """Send the Collection's own thumbnail."""
    collection = state.catalog.get_collection(collection_id) or {}
    href = ((collection.get("assets") or {}).get("thumbnail") or {}).get("href", "")
    try:
        blob = state.blobs.open(href) if is_managed(href) else None
    except BlobNotFound:
        blob = None
    if blob is None:
        raise HTTPException(404, "no thumbnail")
    data = blob.content.read_bytes() if isinstance(blob.content, Path) else blob.content
    return Response(data, media_type=blob.content_type)


def _items_under(state: EmulatorState, search: SearchRequest, window: Window) -> list[JsonDict]:
    if window.bounds:
        box = transform_bounds(window.crs, WGS84, *window.bounds)
        search = replace(search, bbox=box, limit=ITEMS_UNDER_A_TILE)
    return state.catalog.search(search).items


def _choice(state: EmulatorState, collection_id: str, items: list[JsonDict], option: str) -> RenderChoice | None:
    return find_choice(render_choices(state, collection_id, items[0] if items else None), option)


@lru_cache(maxsize=1)
def _empty_tile() -> bytes:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGBA", (1, 1), (0, 0, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()
