"""Routes of `/stac/search`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.errors import invalid
from emulator.geocatalog.links import link, next_get_link, next_post_link, with_item_links
from emulator.geocatalog.managed_storage import DEFAULT_SIGN_MINUTES, sign_assets
from emulator.geocatalog.replies import GEOJSON, reply
from emulator.item_store import SearchPage
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, parse_get, parse_post, select_fields
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/stac/search", tags=["search"])
SEARCH_LIMIT = 250


@router.get("")
def search_by_get(request: Request, state: State) -> Response:
    """Search with query parameters."""
    limit = state.config.search.page_limit
    try:
        search = parse_get(request.query_params, default_limit=SEARCH_LIMIT, max_limit=limit)
    except InvalidSearch as error:
        raise invalid(str(error)) from None
    page = _found(state, search)
    params = request.query_params.multi_items()
    url = f"{state.config.public_url}/stac/search"
    following = [next_get_link(url, params, page.next_token)] if page.next_token else []
    return _answer(state, search, page, following, dict(request.query_params))


@router.post("")
def search_by_post(request: Request, state: State, body: JsonBody) -> Response:
    """Search with a JSON body; `sign` and `duration` are query parameters, or in the body (preview)."""
    limit = state.config.search.page_limit
    try:
        search = parse_post(body, default_limit=SEARCH_LIMIT, max_limit=limit)
    except InvalidSearch as error:
        raise invalid(str(error)) from None
    page = _found(state, search)
    url = f"{state.config.public_url}/stac/search"
    following = [next_post_link(url, body, page.next_token)] if page.next_token else []
    return _answer(state, search, page, following, {**body, **request.query_params})


def _found(state: EmulatorState, search: SearchRequest) -> SearchPage:
    try:
        return state.catalog.search(search)
    except InvalidSearch as error:
        raise invalid(str(error)) from None


def _answer(
    state: EmulatorState, search: SearchRequest, page: SearchPage, following: list[JsonDict], options: JsonDict
) -> Response:
    base = state.config.public_url
    if str(options.get("sign", "")).lower() == "true":
        sign_assets(state, page.items, _minutes(options.get("duration")))
    features = [select_fields(with_item_links(item, base), search.fields) for item in page.items]
    links = [link("root", f"{base}/stac/"), link("self", f"{base}/stac/search", GEOJSON), *following]
    return reply({"type": "FeatureCollection", "features": features, "links": links}, media_type=GEOJSON)


def _minutes(value: Any) -> float:
    try:
        minutes = float(value) if value is not None else DEFAULT_SIGN_MINUTES
    except (TypeError, ValueError):
        minutes = 0.0
    if minutes <= 0:
        raise invalid("duration must be a positive number of minutes")
    return minutes
