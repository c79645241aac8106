"""The upstream STAC API: `/planetary-computer/api/stac/v1`."""

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response

from emulator.json_types import JsonDict
from emulator.planetary_computer.landing import CONFORMANCE, landing_page, queryables
from emulator.planetary_computer.links import (
    GEOJSON,
    JSON,
    SCHEMA_JSON,
    stac_root,
    with_collection_links,
    with_item_links,
)
from emulator.planetary_computer.paged_search import UpstreamPage, search_page
from emulator.search import InvalidSearch, SearchRequest, parse_get, parse_post, select_fields
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/planetary-computer/api/stac/v1", tags=["upstream STAC"])


async def _read_body(request: Request) -> bytes:
    return await request.body()


# Read apart, so that the search itself runs in a thread and holds nobody up.
RawBody = Annotated[bytes, Depends(_read_body)]


def _reply(document: Any, media_type: str = JSON, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type=media_type)


def _refusal(status: int, code: str, description: str) -> Response:
    return _reply({"code": code, "description": description}, status=status)


def _missing_collection(collection_id: str) -> Response:
    return _refusal(404, "NotFoundError", f"No collection with id '{collection_id}' found!")


@router.get("")
@router.get("/")
def get_landing_page(state: State) -> Response:
    """Answer with the root Catalog."""
    ids = [collection["id"] for collection in state.upstream.list_collections()]
    return _reply(landing_page(stac_root(state), ids))


@router.get("/conformance")
def get_conformance() -> Response:
    """Answer with the conformance classes."""
    return _reply({"conformsTo": list(CONFORMANCE)})


@router.get("/queryables")
def get_queryables(state: State) -> Response:
    """Answer with what every Collection can be filtered by."""
    return _reply(queryables(f"{stac_root(state)}/queryables", "STAC Queryables."), SCHEMA_JSON)


@router.get("/collections")
def list_collections(state: State) -> Response:
    """Answer with all Collections on one page."""
    root = stac_root(state)
    collections = [with_collection_links(found, root) for found in state.upstream.list_collections()]
    links = [
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": JSON, "href": f"{root}/collections"},
    ]
    return _reply({"collections": collections, "links": links})


@router.get("/collections/{collection_id}")
def get_collection(collection_id: str, state: State) -> Response:
    """Answer with one Collection."""
    collection = state.upstream.get_collection(collection_id)
    if collection is None:
        return _missing_collection(collection_id)
    return _reply(with_collection_links(collection, stac_root(state)))


@router.get("/collections/{collection_id}/queryables")
def get_collection_queryables(collection_id: str, state: State) -> Response:
    """Answer with what one Collection can be filtered by."""
    if state.upstream.get_collection(collection_id) is None:
        return _missing_collection(collection_id)
    url = f"{stac_root(state)}/collections/{collection_id}/queryables"
    return _reply(queryables(url, f"Queryables of {collection_id}"), SCHEMA_JSON)


@router.get("/collections/{collection_id}/items")
def list_items(collection_id: str, request: Request, state: State) -> Response:
    """Answer with a page of one Collection's Items, newest first."""
    if state.upstream.get_collection(collection_id) is None:
        return _missing_collection(collection_id)
    parameters = dict(request.query_params)
    path = f"/collections/{collection_id}/items"
    return _search_by_get({**parameters, "collections": collection_id}, parameters, path, state, default_limit=10)


@router.get("/collections/{collection_id}/items/{item_id}")
def get_item(collection_id: str, item_id: str, state: State) -> Response:
    """Answer with one Item."""
    item = state.upstream.get_item(collection_id, item_id)
    if item is None:
        message = f"Item {item_id} in Collection {collection_id} does not exist."
        return _refusal(404, "NotFoundError", message)
    return _reply(with_item_links(item, stac_root(state)), GEOJSON)


@router.get("/search")
def search_by_get(request: Request, state: State) -> Response:
    """Search by query parameters; the next link is a GET."""
    parameters = dict(request.query_params)
    return _search_by_get(parameters, parameters, "/search", state, default_limit=250)


@router.post("/search")
def search_by_post(raw_body: RawBody, state: State) -> Response:
    """Search by JSON body; the next link is a POST with the whole body."""
    try:
        body = orjson.loads(raw_body)
        page = _search(parse_post(body), state)
    except (InvalidSearch, orjson.JSONDecodeError) as error:
        return _refusal(400, "InvalidParameterValue", str(error))
    link = {"rel": "next", "type": GEOJSON, "method": "POST", "href": f"{stac_root(state)}/search"}
    return _page(page, link | {"body": {**body, "token": page.token}}, state)


def _search_by_get(
    parameters: dict[str, str], shown: dict[str, str], path: str, state: EmulatorState, *, default_limit: int
) -> Response:
    try:
        page = _search(parse_get(parameters, default_limit=default_limit), state)
    except InvalidSearch as error:
        return _refusal(400, "InvalidParameterValue", str(error))
    href = f"{stac_root(state)}{path}?{urlencode({**shown, 'token': page.token})}"
    return _page(page, {"rel": "next", "type": GEOJSON, "method": "GET", "href": href}, state)


def _search(search: SearchRequest, state: EmulatorState) -> UpstreamPage:
    page = search_page(state.upstream, search, state.config.upstream)
    root = stac_root(state)
    features = [select_fields(with_item_links(item, root), search.fields) for item in page.items]
    return UpstreamPage(features, page.token, page.matched)


def _page(page: UpstreamPage, next_link: JsonDict, state: EmulatorState) -> Response:
    root = stac_root(state)
    links: list[JsonDict] = [
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": GEOJSON, "href": f"{root}/search"},
    ]
    links += [next_link] if page.token else []
    document: JsonDict = {"type": "FeatureCollection", "features": page.items, "links": links}
    if state.config.upstream.number_matched:
        document |= {"numberMatched": page.matched, "numberReturned": len(page.items)}
    return _reply(document, GEOJSON)
