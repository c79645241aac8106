"""The Explorer's pages: `/collections` and `/collections/{id}`."""

import importlib.resources
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

import jinja2
import orjson
from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from emulator.explorer.contents import item_page, operation_rows, source_rows
from emulator.explorer.render_choices import mosaics, render_choices
from emulator.geocatalog.links import with_collection_links, with_item_links
from emulator.geocatalog.settlement import settle
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest
from emulator.stand_ins import content_type_of
from emulator.state import EmulatorState, State

router = APIRouter(tags=["explorer"])
STATIC_FILES = frozenset({"explorer.css", "explorer.js"})
LEAFLET_FILES = frozenset({"leaflet.js", "leaflet.css", "images/layers.png", "images/layers-2x.png"})


@router.get("/")
def get_root() -> Response:
    """Lead to the list of Collections."""
    return RedirectResponse("/collections")


@router.get("/collections")
def show_collections(state: State) -> Response:
    """Show every Collection of the GeoCatalog, and what the local upstream offers."""
    settle(state)
    return _page(
        "collections.html",
        state,
        collections=[_card(state, collection, state.catalog) for collection in state.catalog.list_collections()],
        upstream=[_card(state, collection, state.upstream) for collection in state.upstream.list_collections()],
        operations=operation_rows(state),
        sources=source_rows(state),
    )


@router.get("/collections/{collection_id}")
def show_collection(collection_id: str, state: State, token: str | None = None) -> Response:
    """Show one Collection: map, Items, operations and sources."""
    settle(state)
    collection = _collection(state, collection_id)
    try:
        page = item_page(state, collection_id, token)
    except InvalidSearch as error:
        raise HTTPException(400, str(error)) from None
    choices = render_choices(state, collection_id, _newest(state, collection_id))
    return _page(
        "collection.html",
        state,
        collection=collection,
        page=page,
        choices=choices,
        mosaics=mosaics(state, collection_id),
        map=_map_data(collection, page.rows, choices),
        operations=operation_rows(state, collection_id),
        sources=source_rows(state),
    )


@router.get("/collections/{collection_id}/json")
def show_collection_json(collection_id: str, state: State) -> Response:
    """Show the Collection's STAC JSON as GET /stac/collections/{id} answers it."""
    settle(state)
    return _json(with_collection_links(_collection(state, collection_id), state.config.public_url))


@router.get("/collections/{collection_id}/items/{item_id}/json")
def show_item_json(collection_id: str, item_id: str, state: State) -> Response:
    """Show the Item's STAC JSON, unsigned."""
    settle(state)
    item = state.catalog.get_item(collection_id, item_id)
    if item is None:
        raise HTTPException(404, f"There is no Item '{item_id}' in '{collection_id}'.")
    return _json(with_item_links(item, state.config.public_url))


@router.get("/explorer/leaflet/{name:path}")
def get_leaflet_file(name: str) -> Response:
    """Send a file of the map library from its Python package."""
    return _file(importlib.resources.files("xstatic.pkg.leaflet") / "data", name, LEAFLET_FILES)


@router.get("/explorer/{name}")
def get_static_file(name: str) -> Response:
    """Send the Explorer's own style and script."""
    return _file(importlib.resources.files("emulator.explorer") / "static", name, STATIC_FILES)


def _card(state: EmulatorState, collection: JsonDict, store: Any) -> JsonDict:
    thumbnail = ((collection.get("assets") or {}).get("thumbnail") or {}).get("href")
    count = store.count_items(collection["id"])
    return {"collection": collection, "count": count, "thumbnail": thumbnail}


def _map_data(collection: JsonDict, rows: list[Any], choices: list[Any]) -> JsonDict:
    footprints = [
        {"type": "Feature", "id": row.id, "geometry": row.geometry, "properties": {"date": row.datetime}}
        for row in rows
        if row.geometry
    ]
    minimum = {choice.id: choice.min_zoom for choice in choices}
    return {"collection": collection["id"], "footprints": footprints, "minZoom": minimum}


def _collection(state: EmulatorState, collection_id: str) -> JsonDict:
    collection = state.catalog.get_collection(collection_id)
    if collection is None:
        raise HTTPException(404, f"There is no Collection '{collection_id}' in this GeoCatalog.")
    return collection


def _newest(state: EmulatorState, collection_id: str) -> JsonDict | None:
    items = state.catalog.search(SearchRequest(collections=(collection_id,), limit=1)).items
    return items[0] if items else None


def _page(template: str, state: EmulatorState, **content: Any) -> Response:
    busy = any(row.status in ("Pending", "Running") for row in content["operations"])
    html = _templates().get_template(template).render(base=state.config.public_url, busy=busy, **content)
    return HTMLResponse(html)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("emulator.explorer")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _json(document: JsonDict) -> Response:
    return Response(orjson.dumps(document, option=orjson.OPT_INDENT_2), media_type="application/json")


def _file(folder: Traversable, name: str, allowed: frozenset[str]) -> Response:
    if name not in allowed:
        raise HTTPException(404, "no such file")
    types = {"css": "text/css", "js": "text/javascript"}
    media_type = types.get(name.rpartition(".")[2]) or content_type_of(name)
    headers = {"Cache-Control": "no-cache"}
    return Response(folder.joinpath(name).read_bytes(), media_type=media_type, headers=headers)
