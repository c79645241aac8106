"""A search of the Copernicus Data Space by its STAC API, in the place of OData."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from clients.copernicus.stac_catalogue import StacCatalogue
from models.area import Area
from models.copernicus import Product
from models.copernicus_request import CopernicusQuery
from models.errors import InvalidRequest
from stac.windows import Span

_ODATA = "the STAC API cannot be asked for that: set GEOCATALOG_COPERNICUS_SEARCH=odata."


class StacProductSearch:
    """Searches the STAC API; for one thread at a time."""

    def __init__(self, catalogue: StacCatalogue) -> None:
        self._catalogue = catalogue

    def products(
        self, query: CopernicusQuery, areas: Sequence[Area], start: datetime | None, end: datetime | None
    ) -> Iterator[Product]:
        """Yield each product that matches once, by areas, and within an area by the start of sensing.

        Args:
            start, end: of the sensing time, both inclusive; None is an open end.

        Raises:
            InvalidRequest: the API has no such Collection, or cannot be asked for an attribute.
            SearchTruncated, TransientError, RefusedError: as the client.
        """
        if query.attributes or query.online_only:
            raise InvalidRequest(f"The request has attributes or online_only; {_ODATA}")
        collections = self._catalogue.collections(query.collection)
        if not collections:
            raise InvalidRequest(f"The Copernicus STAC API has no Collection of {query.collection}; {_ODATA}")
        asked = {"collections": collections, **_time(start, end), **_cloud_cover(query)}
        seen: set[str] = set()
        for area in areas:
            for product in self._catalogue.products(query.collection, **asked, **area.query):
                if product.product_id not in seen and _is_meant(product, query):
                    seen.add(product.product_id)
                    yield product


def _time(start: datetime | None, end: datetime | None) -> dict[str, str]:
    return {"datetime": Span(start, end).text} if start or end else {}


def _cloud_cover(query: CopernicusQuery) -> dict[str, object]:
    limit = query.max_cloud_cover
    return {} if limit is None else {"query": {"eo:cloud_cover": {"lte": limit}}}


def _is_meant(product: Product, query: CopernicusQuery) -> bool:
    """Judge what the API is not asked for."""
    start, end = query.published_bounds
    wanted = {"productType": query.product_type, "platformSerialIdentifier": query.platform}
    has_all = all(product.attributes.get(name) == value for name, value in wanted.items() if value is not None)
    published = product.published
    in_time = (start is None or (published is not None and published >= start)) and (
        end is None or (published is not None and published <= end)
    )
    return has_all and in_time
