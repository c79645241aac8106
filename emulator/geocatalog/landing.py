"""Routes of `/stac` itself: landing page and conformance."""

from fastapi import APIRouter, Response

from emulator.geocatalog.links import catalog_links
from emulator.geocatalog.replies import reply
from emulator.state import State

CONFORMANCE = [
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "https://api.stacspec.org/v1.0.0-rc.2/item-search#filter",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
]

router = APIRouter(prefix="/stac", tags=["landing"])


@router.get("")
@router.get("/", include_in_schema=False)
def get_landing_page(state: State) -> Response:
    """Return the catalog `spatio-stac`."""
    catalog = {
        "type": "Catalog",
        "id": "spatio-stac",
        "title": "GeoCatalog emulator",
        "description": "A local GeoCatalog with the wire behaviour of Microsoft Planetary Computer Pro.",
        "stac_version": "1.0.0",
        "conformsTo": CONFORMANCE,
        "links": catalog_links(state.config.public_url),
    }
    return reply(catalog)


@router.get("/conformance")
def get_conformance() -> Response:
    """Return the conformance classes; there is no transaction class."""
    return reply({"conformsTo": CONFORMANCE})
