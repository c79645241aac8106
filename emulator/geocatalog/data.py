"""The tiler under `/data`: pictures, numbers and TileJSON of one Item, in the paths of both api-versions.

2026-04-15 has `/data/mosaic/collections/{c}/items/{i}`; 2025-04-30-preview has
`/data/collections/{c}/items/{i}`, with `crop` for `bbox`. Both are answered, whatever the
`api-version` says.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.errors import not_found
from emulator.geocatalog.replies import GEOJSON, JSON, reply
from emulator.geocatalog.tiler_route import TilerRoute
from emulator.json_types import JsonDict
from emulator.state import State
from emulator.tiler import answers
from emulator.tiler.drawing import draw
from emulator.tiler.measures import (
    cut_out,
    describe_assets,
    feature_window,
    point_values,
    raster_keys,
    statistics,
)
from emulator.tiler.options import parse_options
from emulator.tiler.windows import parse_box_path, parse_size_path, parse_tile_path

GA = "/data/mosaic/collections/{collection_id}/items/{item_id}"
PREVIEW = "/data/collections/{collection_id}/items/{item_id}"
router = APIRouter(tags=["tiler"], route_class=TilerRoute)


def _find_item(state: State, collection_id: str, item_id: str) -> JsonDict:
    require_collection(state, collection_id)
    item = state.catalog.get_item(collection_id, item_id)
    if item is None:
        raise not_found(f"Item '{item_id}' not found in collection '{collection_id}'.")
    return item


Item = Annotated[JsonDict, Depends(_find_item)]
Endpoint = Callable[..., Response]


def _route(path: str, *, preview_path: str | None = None, method: str = "GET") -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint below both versions' Item paths."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(GA + path, endpoint, methods=[method])
        router.add_api_route(PREVIEW + (preview_path or path), endpoint, methods=[method])
        return endpoint

    return register


def _json(document: Any, media_type: str = JSON) -> Response:
    return reply(document, media_type=media_type, headers=answers.CACHE)


@_route("/preview")
def get_preview(item: Item, request: Request, state: State) -> Response:
    """Draw all of an Item."""
    return answers.draw_item(state, item, request, answers.request_window(request), None)


@_route("/preview.{format_name}")
def get_preview_as(format_name: str, item: Item, request: Request, state: State) -> Response:
    """Draw all of an Item in a given format."""
    return answers.draw_item(state, item, request, answers.request_window(request), format_name)


@_route("/bbox/{box_path:path}", preview_path="/crop/{box_path:path}")
def get_part(box_path: str, item: Item, request: Request, state: State) -> Response:
    """Draw a box: `{minx},{miny},{maxx},{maxy}[/{width}x{height}].{format}`."""
    box = parse_box_path(box_path)
    window = answers.request_window(request, box.bounds, box.size)
    return answers.draw_item(state, item, request, window, box.format)


@_route("/feature{size_path:path}", preview_path="/crop{size_path:path}", method="POST")
def crop_feature(size_path: str, body: JsonBody, item: Item, request: Request, state: State) -> Response:
    """Draw what lies inside a GeoJSON Feature: `[/{width}x{height}][.{format}]`."""
    size, format_name = parse_size_path(size_path)
    window = feature_window(body, answers.request_window(request, size=size))
    options = parse_options(request.query_params.multi_items())
    image = answers.reader_of(state, item).read(window, options)
    cut_out(image, body, window.crs)
    return answers.picture_response(draw(image, options, format_name or request.query_params.get("format")))


@_route("/tiles/{tile_path:path}")
def get_tile(tile_path: str, item: Item, request: Request, state: State) -> Response:
    """Draw a tile: `[{tms}/]{z}/{x}/{y}[@{scale}x][.{format}]`."""
    window, format_name = parse_tile_path(tile_path, request.query_params)
    return answers.draw_item(state, item, request, window, format_name)


@_route("/tilejson.json")
def get_tilejson(item: Item, request: Request, state: State) -> Response:
    """Answer with TileJSON whose tiles have the path of this request's api-version."""
    base = request.url.path.removesuffix("/tilejson.json").removesuffix("/WebMercatorQuad")
    url = f"{state.config.public_url}{base}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}"
    return _json(answers.tilejson(url, item["bbox"], request))


@_route("/WebMercatorQuad/tilejson.json")
def get_tilejson_by_tms(item: Item, request: Request, state: State) -> Response:
    """Answer with TileJSON."""
    return get_tilejson(item, request, state)


@_route("/info")
def get_info(item: Item, request: Request, state: State) -> Response:
    """Describe the assets that are asked for, or all rasters."""
    keys = request.query_params.getlist("assets") or raster_keys(item)
    return _json(describe_assets(answers.reader_of(state, item), keys))


@_route("/info.geojson")
def get_info_geojson(item: Item, request: Request, state: State) -> Response:
    """Describe the assets as a Feature."""
    keys = request.query_params.getlist("assets") or raster_keys(item)
    info = describe_assets(answers.reader_of(state, item), keys)
    feature = {"type": "Feature", "geometry": item["geometry"], "bbox": item["bbox"], "properties": info}
    return _json(feature, GEOJSON)


@_route("/bounds")
def get_bounds(item: Item) -> Response:
    """Answer with the Item's box in degrees."""
    return _json({"bounds": item["bbox"]})


@_route("/assets")
def get_assets(item: Item) -> Response:
    """List the keys of the Item's rasters."""
    return _json(raster_keys(item))


@_route("/statistics")
def get_statistics(item: Item, request: Request, state: State) -> Response:
    """Answer with statistics of every band of the whole Item."""
    options = parse_options(request.query_params.multi_items())
    image = answers.reader_of(state, item).read(answers.request_window(request), options)
    return _json(statistics(image, answers.parameters_of(request)))


@_route("/asset_statistics")
def get_asset_statistics(item: Item, request: Request, state: State) -> Response:
    """Answer with statistics of every band, by asset."""
    keys = request.query_params.getlist("assets") or raster_keys(item)
    window, reader = answers.request_window(request), answers.reader_of(state, item)
    found = {}
    for key in keys:
        bands = statistics(reader.read(window, parse_options([("assets", key)])), answers.parameters_of(request))
        found[key] = {name.removeprefix(f"{key}_"): band for name, band in bands.items()}
    return _json(found)


@_route("/statistics", method="POST")
def get_feature_statistics(body: JsonBody, item: Item, request: Request, state: State) -> Response:
    """Answer with the Feature, and statistics of what it covers in its properties."""
    window = replace(feature_window(body, answers.request_window(request)), align=state.config.tiler.aligns)
    options = parse_options(request.query_params.multi_items())
    image = answers.reader_of(state, item).read(window, options)
    found = statistics(image, answers.parameters_of(request), body, window.crs)
    return _json({**body, "properties": {**(body.get("properties") or {}), "statistics": found}}, GEOJSON)


@_route("/point/{longitude},{latitude}")
def get_point(longitude: float, latitude: float, item: Item, request: Request, state: State) -> Response:
    """Answer with the values of every band at a place."""
    options = parse_options(request.query_params.multi_items())
    return _json(point_values(answers.reader_of(state, item), longitude, latitude, options))
