"""One page of products, as the options of the request ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from emulator.chance import unit_interval
from emulator.upstreams.copernicus.odata_filter import Test, compile_filter
from emulator.upstreams.copernicus.products import Product

MAX_TOP, DEFAULT_TOP = 1000, 20
EXPANDABLE = ("Attributes", "Assets", "Locations")
SORTABLE = ("ContentDate/Start", "ContentDate/End", "PublicationDate", "ModificationDate")


class InvalidQuery(ValueError):
    """An option cannot be used: 400, with this message."""


class AboveLimit(Exception):
    """A number is too large: 422."""

    def __init__(self, name: str, value: int, limit: int) -> None:
        super().__init__(name)
        self.name, self.value, self.limit = name, value, limit


@dataclass(frozen=True)
class Query:
    """The options of a request.

    Attributes:
        test: the filter.
        order: field and whether it descends; None: no order.
        top: most products on the page.
        skip: products before it.
        count: whether to count all that match.
        expand: out of EXPANDABLE.
        select: members of a record to return; empty: all.
    """

    test: Test
    order: tuple[str, bool] | None
    top: int
    skip: int
    count: bool
    expand: tuple[str, ...]
    select: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Products in order, how many match in all, and the skip of the page after (None: there is none)."""

    products: list[Product]
    matched: int
    next_skip: int | None


def parse_query(options: list[tuple[str, str]], max_skip: int) -> Query:
    """Read query parameters; `$expand` may be repeated.

    Raises:
        InvalidQuery, AboveLimit, odata_filter.InvalidFilter: an option cannot be used.
    """
    single = dict(options)
    known = {"$filter", "$orderby", "$top", "$skip", "$count", "$expand", "$select"}
    if unknown := [name for name in single if name.startswith("$") and name not in known]:
        raise InvalidQuery(f"Invalid query option: {unknown[0]}")
    expand = tuple(part for name, value in options if name == "$expand" for part in value.split(",") if part)
    if wrong := [name for name in expand if name not in EXPANDABLE]:
        raise InvalidQuery(f"Invalid expand: {wrong[0]}")
    return Query(
        test=compile_filter(single["$filter"]) if single.get("$filter") else _everything,
        order=_order(single.get("$orderby")),
        top=_number("$top", single.get("$top"), DEFAULT_TOP, MAX_TOP),
        skip=_number("$skip", single.get("$skip"), 0, max_skip),
        count=single.get("$count", "").lower() == "true",
        expand=expand,
        select=tuple(name for name in single.get("$select", "").split(",") if name),
    )


def find_page(products: list[Product], query: Query, *, max_skip: int, repeat: bool) -> Page:
    """Return one page.

    Without an order the pages overlap, as the real catalogue's may: a product is there twice, another is missing.

    Args:
        products: all of the catalogue.
        query: what to find.
        max_skip: no next page is offered that would begin later.
        repeat: put the last product of the page before first, in addition.
    """
    found = sorted((product for product in products if query.test(product)), key=_sort_key(query))
    if query.order and query.order[1]:
        found.reverse()
    first, last = query.skip, query.skip + query.top
    if query.skip and query.order is None:
        first, last = first - 1, last - 1
    elif query.skip and repeat:
        first -= 1
    following = query.skip + query.top
    more = query.top > 0 and following < len(found) and following <= max_skip
    return Page(found[first:last], len(found), following if more else None)


def next_link(url: str, options: list[tuple[str, str]], top: int, skip: int) -> str:
    """Return the URL of the next page: the same options, encoded as the catalogue does."""
    kept = [(name, value) for name, value in options if name not in ("$skip", "$top")]
    return f"{url}?{urlencode([*kept, ('$top', str(top)), ('$skip', str(skip))])}".replace("$", "%24")


def _sort_key(query: Query) -> Callable[[Product], Any]:
    if query.order is None:
        return lambda product: unit_interval("unordered", product.id)
    path = query.order[0]
    return lambda product: (product.fields[path], product.id)


def _order(text: str | None) -> tuple[str, bool] | None:
    if not text:
        return None
    path, _, direction = text.strip().partition(" ")
    if path not in SORTABLE or direction.strip() not in ("", "asc", "desc"):
        raise InvalidQuery(f"Invalid orderby: {text}")
    return path, direction.strip() == "desc"


def _number(name: str, text: str | None, default: int, limit: int) -> int:
    if text is None:
        return default
    if not text.isdecimal():
        raise InvalidQuery(f"Invalid value of {name}: {text}")
    if int(text) > limit:
        raise AboveLimit(name, int(text), limit)
    return int(text)


def _everything(_product: Product) -> bool:
    return True
