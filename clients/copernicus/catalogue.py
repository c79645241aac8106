"""The OData catalogue: pages of products, one product, names of attributes. It asks for no sign-in."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from clients.copernicus.odata_filter import AttributeKind, quoted
from clients.copernicus.product_record import product_of
from clients.session import ApiSession
from models.area import JsonDict
from models.copernicus import Product
from models.errors import NotFoundError, RefusedError

PAGE_SIZE = 1000
"""Most products of one page ($top)."""
MAX_SKIP = 10_000
"""Largest $skip; a page beyond it is refused (422), and no next link leads there: what lies behind is cut silently."""


class Page(NamedTuple):
    """Some products, and how many match in all; None if the catalogue did not say."""

    products: list[Product]
    matched: int | None


class ODataCatalogue:
    """The catalogue below one URL; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._api = ApiSession("Copernicus catalogue", url)

    def pages(self, collection: str, conditions: list[str], page_size: int = PAGE_SIZE) -> Iterator[Page]:
        """Yield the pages of what matches all conditions, by the start of sensing.

        Without an order the catalogue gives some products twice and others not at all. The first page says how many
        match; a page may repeat products of another one, and none may lead beyond `MAX_SKIP`.

        Raises:
            TransientError, RefusedError: the catalogue failed, or does not take the query.
        """
        asked = {
            "$filter": " and ".join(conditions),
            "$orderby": "ContentDate/Start asc",
            "$top": str(page_size),
            "$count": "true",
            "$expand": "Attributes",
        }
        answer = self._api.get_json("/Products", **asked)
        yield self._page(answer, collection)
        while answer["value"] and (following := answer.get("@odata.nextLink")):
            answer = self._api.get_json(self._own(following))
            yield self._page(answer, collection)

    def product(self, product_id: str, collection: str) -> Product | None:
        """Return one product by its id; None if there is none.

        Raises:
            TransientError, RefusedError: the catalogue failed.
        """
        try:
            record = self._api.get_json(f"/Products({product_id})", **{"$expand": "Attributes"})
        except NotFoundError:
            return None
        return self._page({"value": [record.get("value", record)]}, collection).products[0]

    def deletion(self, product: Product) -> str:
        """Return when and why a product was deleted, such as `2024-03-01, Obsolete product`; "" if nobody says.

        Raises:
            TransientError, RefusedError: the catalogue failed.
        """
        found = self._api.get_json("/DeletedProducts", **{"$filter": f"Name eq {quoted(product.name)}"})
        said: JsonDict = next((each for each in found.get("value", []) if each.get("Id") == product.product_id), {})
        when, why = str(said.get("DeletionDate") or "")[:10], str(said.get("DeletionCause") or "")
        return ", ".join(part for part in (when, why) if part)

    def attribute_kinds(self, collection: str) -> dict[str, AttributeKind]:
        """Return the kind of each attribute that products of a Collection have.

        Raises:
            TransientError, RefusedError: the catalogue failed, or has no such Collection.
        """
        found = self._api.get_json(f"/Attributes({collection})")
        listed = found.get("value", []) if isinstance(found, dict) else found
        return {each["Name"]: cast(AttributeKind, each["ValueType"]) for each in listed}

    def _page(self, answer: JsonDict, collection: str) -> Page:
        try:
            products = [product_of(record, collection) for record in answer["value"]]
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise RefusedError(
                f"{self.url} answers, but not as the Copernicus catalogue ({type(error).__name__}): check"
                " GEOCATALOG_COPERNICUS_CATALOGUE_URL.",
            ) from None
        return Page(products, answer.get("@odata.count"))

    def _own(self, link: str) -> str:
        """Return a next link below the URL that was configured: behind a proxy it may name another host."""
        return f"{self.url}/Products?{link.partition('?')[2]}"
