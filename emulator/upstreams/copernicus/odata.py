"""The catalogue host: OData v1 at `/copernicus/catalogue/odata/v1`. It needs no token."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State
from emulator.upstreams.copernicus.hosts import CATALOGUE, catalogue_root, download_root
from emulator.upstreams.copernicus.odata_filter import InvalidFilter
from emulator.upstreams.copernicus.odata_query import (
    AboveLimit,
    InvalidQuery,
    Query,
    find_page,
    next_link,
    parse_query,
)
from emulator.upstreams.copernicus.products import Product
from emulator.upstreams.copernicus.records import (
    deleted_products,
    deleted_record,
    find_listed,
    listed_products,
    record_of,
)
from emulator.upstreams.copernicus.replies import above_limit, catalogue_refusal, reply

router = APIRouter(prefix=CATALOGUE, tags=["Copernicus catalogue"])
PRODUCTS = f"{CATALOGUE}/Products"


async def _read_body(request: Request) -> bytes:
    return await request.body()


@router.get("/Products")
def search(request: Request, state: State) -> Response:
    """Answer with one page of products."""
    options = parse_qsl(request.url.query, keep_blank_values=True)
    config = state.config.copernicus.catalogue
    try:
        query = parse_query(options, config.max_skip)
    except (InvalidQuery, InvalidFilter) as error:
        return catalogue_refusal(str(error))
    except AboveLimit as error:
        return above_limit(error.name, error.value, error.limit)
    page = find_page(listed_products(state), query, max_skip=config.max_skip, repeat=config.repeat_page)
    document = _document(page.products, query, state)
    if query.count:
        document = {"@odata.count": page.matched, **document}
    if page.next_skip is not None:
        url = f"{catalogue_root(state.config)}/Products"
        document["@odata.nextLink"] = next_link(url, options, query.top, page.next_skip)
    return reply({"@odata.context": _context(query), **document})


@router.post("/Products/OData.CSC.FilterList")
def find_by_names(request: Request, body: Annotated[bytes, Depends(_read_body)], state: State) -> Response:
    """Answer with the products of the given names; unknown names are left out."""
    try:
        names = {str(entry["Name"]) for entry in orjson.loads(body)["FilterProducts"]}
        query = parse_query(parse_qsl(request.url.query), 0)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return catalogue_refusal('The body must be {"FilterProducts": [{"Name": "..."}]}')
    except (InvalidQuery, InvalidFilter, AboveLimit) as error:
        return catalogue_refusal(str(error))
    return reply(_document([found for found in listed_products(state) if found.facts.name in names], query, state))


@router.get("/Products({product_id})")
def get_product(product_id: str, request: Request, state: State) -> Response:
    """Answer with one product."""
    product = find_listed(product_id, state)
    if product is None:
        return catalogue_refusal("Product not found", 404)
    try:
        query = parse_query(parse_qsl(request.url.query), 0)
    except (InvalidQuery, InvalidFilter, AboveLimit) as error:
        return catalogue_refusal(str(error))
    return reply({"@odata.context": _context(query) + "/$entity", **_record(product, query, state)})


@router.get("/Products({product_id})/$value")
def redirect_to_download(product_id: str, state: State) -> Response:
    """Send clients to the download host, which is another origin."""
    return RedirectResponse(f"{download_root(state.config)}/Products({product_id})/$value", 301)


@router.get("/Attributes({collection})")
def list_attributes(collection: str, state: State) -> Response:
    """Answer with the names and types of a collection's attributes."""
    found: dict[str, JsonDict] = {}
    for product in listed_products(state):
        if product.facts.collection == collection:
            found |= {entry["Name"]: entry for entry in product.attribute_records()}
    if not found:
        return catalogue_refusal(f"Collection not found: {collection}", 404)
    return reply([{"Name": name, "ValueType": found[name]["ValueType"]} for name in sorted(found)])


@router.get("/DeletedProducts")
def list_deleted(request: Request, state: State) -> Response:
    """Answer with the products that were deleted, on one page."""
    try:
        query = parse_query(parse_qsl(request.url.query), state.config.copernicus.catalogue.max_skip)
    except (InvalidQuery, InvalidFilter, AboveLimit) as error:
        return catalogue_refusal(str(error))
    found = [product for product in deleted_products(state) if query.test(product)]
    records = [deleted_record(product) for product in found[query.skip : query.skip + query.top]]
    return reply({"@odata.context": "$metadata#DeletedProducts", "value": records})


def _document(products: list[Product], query: Query, state: EmulatorState) -> JsonDict:
    return {"value": [_record(product, query, state) for product in products]}


def _record(product: Product, query: Query, state: EmulatorState) -> JsonDict:
    record: dict[str, Any] = record_of(product, state)
    if query.select:
        record = {name: value for name, value in record.items() if name in query.select or name.startswith("@")}
    if "Attributes" in query.expand:
        record["Attributes"] = product.attribute_records()
    if "Assets" in query.expand:
        record["Assets"] = product.asset_records(catalogue_root(state.config))
    if "Locations" in query.expand:
        record["Locations"] = product.location_records(download_root(state.config))
    return record


def _context(query: Query) -> str:
    return "$metadata#Products" + (f"({','.join(f'{name}()' for name in query.expand)})" if query.expand else "")
