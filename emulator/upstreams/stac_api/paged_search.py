"""Pages of a search, with the defects that are ordered in the configuration.

While a defect is on, the token also counts: `{pages}.{Items}!{token of the store}`. So each
search is cut off by itself, however many run at once.
"""

import re
from dataclasses import dataclass, replace

from emulator.config import UpstreamConfig
from emulator.item_store import ItemStore
from emulator.json_types import JsonDict
from emulator.search import SearchRequest

_COUNTING = re.compile(r"(\d+)\.(\d+)!(.*)", re.DOTALL)


@dataclass(frozen=True)
class UpstreamPage:
    """One page as it is served."""

    items: list[JsonDict]
    token: str | None
    """None: the page has no next link, rightly or not."""
    matched: int
    """Items that match, whatever is served of them."""


def search_page(store: ItemStore, request: SearchRequest, defects: UpstreamConfig) -> UpstreamPage:
    """Return one page.

    Raises:
        InvalidSearch: filter, geometry or token cannot be used.
    """
    pages, served, token = _counts(request.token)
    request = replace(request, token=token)
    repeated = _repeated(store, request) if defects.repeat_page else []
    page = store.search(replace(request, limit=_limit(request.limit - len(repeated), served, defects)))
    pages, served = pages + 1, served + len(page.items)
    following = page.next_token
    if following and _is_cut_off(pages, served, defects):
        following = None
    elif following and (defects.search_cap or defects.broken_next_after):
        following = f"{pages}.{served}!{following}"
    return UpstreamPage(repeated + page.items, following, page.matched)


def _counts(token: str | None) -> tuple[int, int, str | None]:
    """Pages and Items before this page, and the store's own token."""
    found = _COUNTING.fullmatch(token or "")
    return (int(found[1]), int(found[2]), found[3]) if found else (0, 0, token)


def _limit(limit: int, served: int, defects: UpstreamConfig) -> int:
    """At least 1, so that paging comes to an end even with one Item on a page."""
    left = limit if defects.search_cap is None else min(limit, defects.search_cap - served)
    return max(1, left)


def _is_cut_off(pages: int, served: int, defects: UpstreamConfig) -> bool:
    capped = defects.search_cap is not None and served >= defects.search_cap
    return capped or (defects.broken_next_after is not None and pages >= defects.broken_next_after)


def _repeated(store: ItemStore, request: SearchRequest) -> list[JsonDict]:
    """Return the last Item of the page before, which the token names."""
    collection_id, _, item_id = (request.token or "").removeprefix("next:").partition(":")
    item = store.get_item(collection_id, item_id)
    return [item] if item else []
