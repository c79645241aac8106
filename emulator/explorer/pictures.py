"""Pictures of the Explorer's pages, drawn without a token."""

import base64
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from rasterio.warp import transform_bounds

from emulator.blobs import BlobNotFound
from emulator.explorer.render_choices import find_choice, mosaic_search, render_choices
from emulator.geocatalog.managed_storage import is_managed
from emulator.json_types import JsonDict
from emulator.search import SearchRequest
from emulator.state import EmulatorState, State
from emulator.tiler.answers import reader_of
from emulator.tiler.drawing import draw, read_mosaic
from emulator.tiler.options import InvalidOptions
from emulator.tiler.reading import UnknownAsset, UnreadableAsset
from emulator.tiler.windows import WGS84, Window, tile_window

router = APIRouter(prefix="/collections/{collection_id}", tags=["explorer"])
ITEMS_UNDER_A_TILE = 12
THUMBNAIL_SIDE = 192
NO_CACHE = {"Cache-Control": "no-cache"}
EMPTY = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)
UNDRAWABLE = (InvalidOptions, UnknownAsset, UnreadableAsset, BlobNotFound)


@router.get("/tiles/{z}/{x}/{y}.png")
def get_tile(
    collection_id: str, z: int, x: int, y: int, state: State, option: str = "", mosaic: str = "", item: str = ""
) -> Response:
    """Draw a map tile; an empty one where there is nothing to draw."""
    with suppress(*UNDRAWABLE):
        window = tile_window(z, x, y)
        items = _items_under(state, mosaic_search(state, collection_id, mosaic, item), window)
        return _drawn(state, collection_id, items, option, window)
    return _empty()


@router.get("/items/{item_id}/thumbnail.png")
def get_item_thumbnail(collection_id: str, item_id: str, state: State, option: str = "") -> Response:
    """Draw a small picture of one Item."""
    item = state.catalog.get_item(collection_id, item_id)
    if item is None:
        raise HTTPException(404, "no such Item")
    with suppress(*UNDRAWABLE):
        return _drawn(state, collection_id, [item], option, Window(max_size=THUMBNAIL_SIDE))
    return _empty()


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


def _drawn(state: EmulatorState, collection_id: str, items: list[JsonDict], option: str, window: Window) -> Response:
    """Draw Items over each other with one of the Collection's render options."""
    choice = find_choice(render_choices(state, collection_id, items[0] if items else None), option)
    if choice is None:
        return _empty()
    image = read_mosaic((reader_of(state, item) for item in items), window, choice.options())
    if image is None:
        return _empty()
    # not cached as the tiler's own answers are: the next Item must be seen when the page is loaded again
    return Response(draw(image, choice.options(), "png").data, media_type="image/png", headers=NO_CACHE)


def _empty() -> Response:
    """A transparent pixel: a missing blob or a broken option must not fill the page with broken images."""
    return Response(EMPTY, media_type="image/png", headers=NO_CACHE)
