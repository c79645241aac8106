"""A search of the Copernicus catalogue that is complete, or fails.

The catalogue gives no more than some 11,000 products of one query, and cuts the rest off silently. So a window of
sensing time in which more match is halved before it is read, and what came is compared with what was counted.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from clients.copernicus.catalogue import MAX_SKIP, ODataCatalogue, Page
from clients.copernicus.odata_filter import KNOWN_KINDS, AttributeKind, between, intersects, query_filter
from models.area import Area
from models.copernicus import Product
from models.copernicus_request import CopernicusQuery
from models.errors import InvalidRequest, NotFoundError, SearchTruncated
from stac.windows import Span, halves
from tasks.product_area import ProductArea

SHORTEST = timedelta(seconds=1)
"""A window below this is not split further."""
READERS = 8
"""Products that are read by id at once."""
FIRST = datetime(2014, 1, 1, tzinfo=UTC)
"""Lower bound where a query names none: Sentinel-1A flew from April 2014 on. What is older is asked for apart."""


class ProductSearch:
    """Searches the OData catalogue; for one thread at a time.

    Args:
        now: the present, UTC.
        most: products that one query may match; what lies behind is cut off.

    Attributes:
        missing_ids: products that were named and that the catalogue does not have.
    """

    def __init__(self, catalogue: ODataCatalogue, now: datetime, most: int = MAX_SKIP) -> None:
        self._catalogue = catalogue
        self._most = most
        self._now = now
        self.missing_ids: list[str] = []

    def products(
        self, query: CopernicusQuery, areas: Sequence[Area], start: datetime | None, end: datetime | None
    ) -> Iterator[Product]:
        """Yield each product that matches once, by areas, and within an area by the start of sensing.

        Args:
            start, end: of the sensing time, both inclusive; None is an open end.

        Raises:
            SearchTruncated: the catalogue cuts the search off, however short the window is.
            InvalidRequest: there is no such Collection or attribute.
            TransientError, RefusedError: the catalogue failed, or does not accept the query.
        """
        if query.product_ids:
            yield from self._by_ids(query)
            return
        seen: set[str] = set()
        conditions = query_filter(query, self._kinds(query))
        for area in map(ProductArea, areas):
            for product in self._complete(query.collection, [*conditions, intersects(area.asked)], Span(start, end)):
                if product.product_id not in seen and area.holds(product):
                    seen.add(product.product_id)
                    if product.online or not query.online_only:
                        yield product

    def _by_ids(self, query: CopernicusQuery) -> Iterator[Product]:
        for product_id in dict.fromkeys(query.product_ids):
            product = self._catalogue.product(product_id, query.collection)
            if product is None:
                self.missing_ids.append(product_id)
            else:
                yield product

    def _kinds(self, query: CopernicusQuery) -> dict[str, AttributeKind]:
        """Return the kinds of the attributes named: 138 must be asked for as Integer where the catalogue has one."""
        if all(condition.name in KNOWN_KINDS for condition in query.attributes):
            return {}
        try:
            kinds = self._catalogue.attribute_kinds(query.collection)
        except NotFoundError:
            raise InvalidRequest(f"The Copernicus catalogue has no Collection {query.collection}.") from None
        unknown = [condition.name for condition in query.attributes if condition.name not in kinds]
        if unknown:
            there = ", ".join(sorted(kinds))
            raise InvalidRequest(
                f"Products of {query.collection} have no attribute {unknown[0]!r}; they have: {there}."
            )
        return kinds

    def _complete(self, collection: str, conditions: list[str], span: Span) -> Iterator[Product]:
        """Yield the products of a span; split it where not all of them may come."""
        asked = [*conditions, *between("ContentDate/Start", span.start, span.end)]
        pages = self._catalogue.pages(collection, asked)
        first = next(pages)
        if first.matched is None or first.matched <= self._most:
            came: set[str] = set()
            for page in _with(first, pages):
                came.update(product.product_id for product in page.products)
                yield from page.products
            if first.matched is not None and len(came) >= first.matched:
                return
            doubt = f"{len(came):,} of {first.matched} came"
        else:
            doubt = f"{first.matched:,} match, and it gives {self._most:,} at most"
        for part in self._split(span, collection, doubt):
            yield from self._complete(collection, conditions, part)

    def _split(self, span: Span, collection: str, doubt: str) -> list[Span]:
        window = span.window
        if window is None:
            parts = span.bounded(FIRST, self._now)
        else:
            parts = [Span(*half) for half in halves(window)] if window.length >= SHORTEST else []
        if not parts:
            raise SearchTruncated(
                f"The Copernicus catalogue does not give all products of {collection} in {span.text}: {doubt}, and this"
                " window cannot be split further. Run again later, or ask for less (product_type, a smaller area)."
            )
        return parts


def reread(catalogue: ODataCatalogue, found: Sequence[Product]) -> tuple[list[Product], list[str]]:
    """Return products as OData describes them, in their order, and the ids of those that it does not have.

    The STAC API says less of a product: not of what the id of its Item is made, and not whether it is online.

    Raises:
        TransientError, RefusedError: the catalogue failed.
    """
    with ThreadPoolExecutor(READERS) as readers:
        known = list(readers.map(lambda product: catalogue.product(product.product_id, product.collection), found))
    missing = [product.product_id for product, record in zip(found, known, strict=True) if record is None]
    return [record for record in known if record is not None], missing


def _with(first: Page, others: Iterator[Page]) -> Iterator[Page]:
    yield first
    yield from others
