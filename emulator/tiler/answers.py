"""Answers of the tiler's routes over HTTP: pictures, TileJSON, and the Items behind them."""

from collections.abc import Iterable
from urllib.parse import urlencode

from fastapi import Request, Response

from emulator.json_types import JsonDict
from emulator.state import EmulatorState
from emulator.tiler.drawing import Picture, draw, read_mosaic
from emulator.tiler.options import parse_options
from emulator.tiler.reading import ItemReader
from emulator.tiler.windows import Box, Window, window_of

CACHE = {"Cache-Control": "public, max-age=3600"}
MIN_ZOOM, MAX_ZOOM = 8, 16


def reader_of(state: EmulatorState, item: JsonDict) -> ItemReader:
    """Read an Item's assets from the emulator's own blobs."""
    return ItemReader(item, state.blobs.local_file)


def picture_response(picture: Picture) -> Response:
    """Send a picture, with the tiler's caching header."""
    return Response(picture.data, media_type=picture.media_type, headers=CACHE)


def draw_item(
    state: EmulatorState, item: JsonDict, request: Request, window: Window, format_name: str | None
) -> Response:
    """Draw a window of one Item with the render options of the request."""
    options = parse_options(request.query_params.multi_items())
    image = reader_of(state, item).read(window, options)
    return picture_response(draw(image, options, format_name or request.query_params.get("format")))


def draw_mosaic(
    state: EmulatorState, items: Iterable[JsonDict], request: Request, window: Window, format_name: str | None
) -> Response | None:
    """Draw a window of many Items, the first on top; None without any Item."""
    options = parse_options(request.query_params.multi_items())
    image = read_mosaic((reader_of(state, item) for item in items), window, options)
    if image is None:
        return None
    return picture_response(draw(image, options, format_name or request.query_params.get("format")))


def request_window(request: Request, bounds: Box | None = None, size: dict[str, str] | None = None) -> Window:
    """The window that a request asks for: all of the Item without `bounds`.

    Args:
        request: its query may say width, height, max_size and projections.
        bounds: of the path.
        size: width and height of the path, which win.
    """
    return window_of({**request.query_params, **(size or {})}, bounds)


def parameters_of(request: Request) -> dict[str, list[str]]:
    """Every value of every query parameter."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def tilejson(tiles_url: str, bounds: list[float], request: Request) -> JsonDict:
    """TileJSON whose template repeats the render options of the request.

    Args:
        tiles_url: template up to the tile's scale and format.
        bounds: west, south, east, north in degrees.
        request: also names `minzoom`, `maxzoom`, `tile_format` and `tile_scale`.
    """
    given = request.query_params
    own = ("minzoom", "maxzoom", "tile_format", "tile_scale", "TileMatrixSetId")
    query = urlencode([(name, value) for name, value in given.multi_items() if name not in own])
    west, south, east, north = bounds
    low, high = int(given.get("minzoom", MIN_ZOOM)), int(given.get("maxzoom", MAX_ZOOM))
    ending = f"@{given.get('tile_scale', '1')}x.{given.get('tile_format', 'png')}"
    return {
        "tilejson": "2.2.0",
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [f"{tiles_url}{ending}?{query}"],
        "minzoom": low,
        "maxzoom": high,
        "bounds": bounds,
        "center": [(west + east) / 2, (south + north) / 2, low],
    }
