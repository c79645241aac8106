"""Mosaics under `/data/mosaic`: many Items in one picture, of a Collection or of a registered search."""

import hashlib
from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from rasterio.warp import transform_bounds

from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.errors import invalid, not_found
from emulator.geocatalog.replies import JSON, reply
from emulator.geocatalog.tiler_route import TilerRoute
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, parse_get, parse_post
from emulator.state import EmulatorState, State
from emulator.tiler import answers
from emulator.tiler.windows import WGS84, Window, parse_box_path, parse_tile_path

SEARCH_KIND = "mosaic-search"
ITEMS_LIMIT = 20
"""Items that one picture may lay over each other."""
router = APIRouter(tags=["mosaics"], route_class=TilerRoute)


def _collection_search(collection_id: str, request: Request, state: State) -> SearchRequest:
    require_collection(state, collection_id)
    query = request.query_params
    given = {name: query[name] for name in ("ids", "bbox", "query", "sortby", "datetime") if name in query}
    return _search(lambda: parse_get({**given, "collections": collection_id}))


def _registered_search(search_id: str, state: State) -> SearchRequest:
    record = state.records.get(SEARCH_KIND, "", search_id)
    if record is None:
        raise not_found(f"Search '{search_id}' not found")
    return parse_post(record["search"])


def _search(parse: Any) -> SearchRequest:
    try:
        search: SearchRequest = parse()
    except InvalidSearch as error:
        raise invalid(str(error)) from None
    return search


OfCollection = Annotated[SearchRequest, Depends(_collection_search)]
OfSearch = Annotated[SearchRequest, Depends(_registered_search)]
COLLECTION, SEARCH = "/data/mosaic/collections/{collection_id}", "/data/mosaic/searches/{search_id}"
PREVIEW_SEARCH = "/data/mosaic/{search_id}"


@router.post("/data/mosaic/register")
def register_search(body: JsonBody, state: State) -> Response:
    """Remember a search by the hash of its content; the same search has the same id."""
    if not isinstance(body, dict):
        raise invalid("The request body must be a search.")
    search = {name: value for name, value in body.items() if name != "metadata"}
    search.setdefault("filter-lang", "cql2-json")
    _search(lambda: parse_post(search))
    digest = hashlib.md5(orjson.dumps(search, option=orjson.OPT_SORT_KEYS), usedforsecurity=False)
    search_id = digest.hexdigest()
    record = {"search": search, "metadata": {"type": "mosaic", **(body.get("metadata") or {})}}
    state.records.put(SEARCH_KIND, "", search_id, record)
    # the real service still writes the paths of the preview version here
    base = f"{state.config.public_url}/data/mosaic/{search_id}"
    links = [
        {"rel": "metadata", "type": JSON, "href": f"{base}/info"},
        {"rel": "tilejson", "type": JSON, "href": f"{base}/tilejson.json"},
    ]
    return reply({"searchid": search_id, "links": links}, headers=answers.CACHE)


@router.get(SEARCH + "/info")
@router.get(PREVIEW_SEARCH + "/info")
def get_search_info(search_id: str, state: State) -> Response:
    """Answer with a registered search."""
    record = state.records.get(SEARCH_KIND, "", search_id)
    if record is None:
        raise not_found(f"Search '{search_id}' not found")
    order = "datetime DESC, id DESC"
    return reply({"search": {"hash": search_id, **record, "orderby": order}, "links": []}, headers=answers.CACHE)


@router.get(COLLECTION + "/info")
def get_collection_info(collection_id: str, search: OfCollection, state: State) -> Response:
    """Describe the mosaic of a Collection."""
    metadata = {"type": "mosaic", "name": f"Mosaic for '{collection_id}' Collection", "bounds": _extent(state, search)}
    return reply({"search": {"metadata": metadata}, "links": []}, headers=answers.CACHE)


@router.get(COLLECTION + "/bbox/{box_path:path}")
def get_collection_part(box_path: str, search: OfCollection, request: Request, state: State) -> Response:
    """Draw a box of a Collection's newest Items."""
    return _part(state, search, request, box_path)


@router.get(SEARCH + "/bbox/{box_path:path}")
def get_search_part(box_path: str, search: OfSearch, request: Request, state: State) -> Response:
    """Draw a box of a search's newest Items."""
    return _part(state, search, request, box_path)


@router.get(COLLECTION + "/tiles/{tile_path:path}")
def get_collection_tile(tile_path: str, search: OfCollection, request: Request, state: State) -> Response:
    """Draw a tile of a Collection's newest Items."""
    return _draw(state, search, request, *parse_tile_path(tile_path, request.query_params))


@router.get(SEARCH + "/tiles/{tile_path:path}")
@router.get(PREVIEW_SEARCH + "/tiles/{tile_path:path}")
def get_search_tile(tile_path: str, search: OfSearch, request: Request, state: State) -> Response:
    """Draw a tile of a search's newest Items."""
    return _draw(state, search, request, *parse_tile_path(tile_path, request.query_params))


@router.get(COLLECTION + "/tilejson.json")
@router.get(COLLECTION + "/WebMercatorQuad/tilejson.json")
def get_collection_tilejson(search: OfCollection, request: Request, state: State) -> Response:
    """Answer with the TileJSON of a Collection."""
    return _tilejson(state, search, request)


@router.get(SEARCH + "/tilejson.json")
@router.get(SEARCH + "/WebMercatorQuad/tilejson.json")
@router.get(PREVIEW_SEARCH + "/tilejson.json")
@router.get(PREVIEW_SEARCH + "/WebMercatorQuad/tilejson.json")
def get_search_tilejson(search: OfSearch, request: Request, state: State) -> Response:
    """Answer with the TileJSON of a registered search."""
    return _tilejson(state, search, request)


def _part(state: EmulatorState, search: SearchRequest, request: Request, box_path: str) -> Response:
    box = parse_box_path(box_path)
    return _draw(state, search, request, answers.request_window(request, box.bounds, box.size), box.format)


def _draw(
    state: EmulatorState, search: SearchRequest, request: Request, window: Window, format_name: str | None
) -> Response:
    items = _items(state, search, window)
    picture = answers.draw_mosaic(state, items, request, window, format_name)
    if picture is None:
        raise not_found("No assets found for the requested area")
    return picture


def _items(state: EmulatorState, search: SearchRequest, window: Window) -> list[JsonDict]:
    """The Items of the search that touch the window; its own bbox or geometry counts as well."""
    if window.bounds and not (search.bbox or search.intersects):
        search = replace(search, bbox=transform_bounds(window.crs, WGS84, *window.bounds))
    try:
        return state.catalog.search(replace(search, limit=ITEMS_LIMIT)).items
    except InvalidSearch as error:
        raise invalid(str(error)) from None


def _tilejson(state: EmulatorState, search: SearchRequest, request: Request) -> Response:
    base = request.url.path.removesuffix("/tilejson.json").removesuffix("/WebMercatorQuad")
    url = f"{state.config.public_url}{base}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}"
    return reply(answers.tilejson(url, _extent(state, search), request), headers=answers.CACHE)


def _extent(state: EmulatorState, search: SearchRequest) -> list[float]:
    boxes = [item["bbox"] for item in _items(state, search, Window()) if item.get("bbox")]
    if not boxes:
        return [-180.0, -90.0, 180.0, 90.0]
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]
