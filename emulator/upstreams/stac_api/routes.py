"""The routes of a STAC API: Catalog, Collections, Items, search by GET and POST."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response

from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, parse_get, parse_post, select_fields
from emulator.state import EmulatorState
from emulator.upstreams.stac_api.api import Api, StacApi, provide
from emulator.upstreams.stac_api.landing import CONFORMANCE, landing_page, queryables
from emulator.upstreams.stac_api.links import GEOJSON, JSON, SCHEMA_JSON, with_collection_links
from emulator.upstreams.stac_api.paged_search import UpstreamPage, search_page


def stac_router(prefix: str, tag: str, api_of: Callable[[EmulatorState], StacApi]) -> APIRouter:
    """Return the routes below `prefix` of the API that `api_of` finds in the emulator's state."""
    router = APIRouter(prefix=prefix, tags=[tag], dependencies=[Depends(provide(api_of))])
    for path, handler in _GET.items():
        router.add_api_route(path, handler, methods=["GET"])
    router.add_api_route("/search", search_by_post, methods=["POST"])
    return router


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


def get_landing_page(api: Api) -> Response:
    """Answer with the root Catalog."""
    ids = [collection["id"] for collection in api.store.list_collections()]
    return _reply(landing_page(api.catalog, api.root, ids))


def get_conformance() -> Response:
    """Answer with the conformance classes."""
    return _reply({"conformsTo": list(CONFORMANCE)})


def get_queryables(api: Api) -> Response:
    """Answer with what every Collection can be filtered by."""
    return _reply(queryables(f"{api.root}/queryables", "STAC Queryables."), SCHEMA_JSON)


def list_collections(api: Api) -> Response:
    """Answer with all Collections on one page."""
    root = api.root
    collections = [with_collection_links(found, root) for found in api.store.list_collections()]
    links = [
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": JSON, "href": f"{root}/collections"},
    ]
    return _reply({"collections": collections, "links": links})


def get_collection(collection_id: str, api: Api) -> Response:
    """Answer with one Collection."""
    collection = api.store.get_collection(collection_id)
    if collection is None:
        return _missing_collection(collection_id)
    return _reply(with_collection_links(collection, api.root))


def get_collection_queryables(collection_id: str, api: Api) -> Response:
    """Answer with what one Collection can be filtered by."""
    if api.store.get_collection(collection_id) is None:
        return _missing_collection(collection_id)
    url = f"{api.root}/collections/{collection_id}/queryables"
    return _reply(queryables(url, f"Queryables of {collection_id}"), SCHEMA_JSON)


def list_items(collection_id: str, request: Request, api: Api) -> Response:
    """Answer with a page of one Collection's Items, newest first."""
    if api.store.get_collection(collection_id) is None:
        return _missing_collection(collection_id)
    parameters = dict(request.query_params)
    path = f"/collections/{collection_id}/items"
    return _search_by_get({**parameters, "collections": collection_id}, parameters, path, api, default_limit=10)


def get_item(collection_id: str, item_id: str, api: Api) -> Response:
    """Answer with one Item."""
    item = api.store.get_item(collection_id, item_id)
    if item is None:
        message = f"Item {item_id} in Collection {collection_id} does not exist."
        return _refusal(404, "NotFoundError", message)
    return _reply(api.item(item), GEOJSON)


def search_by_get(request: Request, api: Api) -> Response:
    """Search by query parameters; the next link is a GET."""
    parameters = dict(request.query_params)
    return _search_by_get(parameters, parameters, "/search", api, default_limit=250)


def search_by_post(raw_body: RawBody, api: Api) -> Response:
    """Search by JSON body; the next link is a POST with the whole body."""
    try:
        body = orjson.loads(raw_body)
        page = _search(parse_post(body), api)
    except (InvalidSearch, orjson.JSONDecodeError) as error:
        return _refusal(400, "InvalidParameterValue", str(error))
    link = {"rel": "next", "type": GEOJSON, "method": "POST", "href": f"{api.root}/search"}
    return _page(page, link | {"body": {**body, "token": page.token}}, api)


def _search_by_get(
    parameters: dict[str, str], shown: dict[str, str], path: str, api: StacApi, *, default_limit: int
) -> Response:
    try:
        page = _search(parse_get(parameters, default_limit=default_limit), api)
    except InvalidSearch as error:
        return _refusal(400, "InvalidParameterValue", str(error))
    href = f"{api.root}{path}?{urlencode({**shown, 'token': page.token})}"
    return _page(page, {"rel": "next", "type": GEOJSON, "method": "GET", "href": href}, api)


def _search(search: SearchRequest, api: StacApi) -> UpstreamPage:
    page = search_page(api.store, search, api.defects)
    features = [select_fields(api.item(item), search.fields) for item in page.items]
    return UpstreamPage(features, page.token, page.matched)


def _page(page: UpstreamPage, next_link: JsonDict, api: StacApi) -> Response:
    root = api.root
    links: list[JsonDict] = [
        {"rel": "root", "type": JSON, "href": f"{root}/"},
        {"rel": "self", "type": GEOJSON, "href": f"{root}/search"},
    ]
    links += [next_link] if page.token else []
    document: JsonDict = {"type": "FeatureCollection", "features": page.items, "links": links}
    if api.defects.number_matched:
        document |= {"numberMatched": page.matched, "numberReturned": len(page.items)}
    return _reply(document, GEOJSON)


_GET: dict[str, Callable[..., Response]] = {
    "": get_landing_page,
    "/": get_landing_page,
    "/conformance": get_conformance,
    "/queryables": get_queryables,
    "/collections": list_collections,
    "/collections/{collection_id}": get_collection,
    "/collections/{collection_id}/queryables": get_collection_queryables,
    "/collections/{collection_id}/items": list_items,
    "/collections/{collection_id}/items/{item_id}": get_item,
    "/search": search_by_get,
}
