"""A search of the source that is complete, or fails.

Sources cut searches off silently: by a cap on results, or by a `next` link that is missing. So each paging is checked,
and one that may be incomplete is split in two by time and asked again, until nothing speaks against it.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from clients.planetary_computer import PAGE_SIZE, PlanetaryComputer
from models.area import Area, JsonDict
from models.errors import SearchTruncated
from stac.paging import PageRecord
from stac.times import begin_of
from stac.windows import Span, halves

IDS_PER_SEARCH = 100
"""Ids of one search: some 6 kB of request."""
SHORTEST = timedelta(seconds=1)
"""A window below this is not split further."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Lower bound of a Collection that names none; what is older is asked for apart."""


class SourceSearch:
    """Searches one source; for one thread at a time.

    Args:
        page_size: Items asked for per page.
        now: the present, UTC; replaced in tests.

    Attributes:
        missing_ids: once a search by ids has come to its end, those that the source does not have.
    """

    def __init__(
        self,
        source: PlanetaryComputer,
        page_size: int = PAGE_SIZE,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._page_size = page_size
        self._now = now
        self.missing_ids: list[str] = []

    def items(
        self,
        collection_id: str,
        areas: Iterable[Area] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        cql: JsonDict | None = None,
        ids: Iterable[str] = (),
    ) -> Iterator[JsonDict]:
        """Yield each Item that matches once, as the pages come; mostly newest first within an area.

        Args:
            areas: an Item in several of them is yielded once; none is the whole world.
            start, end: both inclusive; None is an open end.
            cql: condition as CQL2-JSON.
            ids: exactly these Items, whatever the other arguments but the Collection say; see `missing_ids`.

        Raises:
            SearchTruncated: the source cuts the search off, however short the window is; Items came before it.
            TransientError, RefusedError: the source failed, or does not accept the query.
        """
        self.missing_ids = []
        if wanted := list(dict.fromkeys(ids)):
            yield from self._by_ids(collection_id, wanted)
            return
        condition: JsonDict = {"filter": cql, "filter_lang": "cql2-json"} if cql else {}
        seen: set[str] = set()
        queries = [(area.name, area.query) for area in areas] or [("the whole world", {})]
        for name, area in queries:
            query = {"collections": [collection_id], **area, **condition}
            yield from self._complete(query, Span(start, end), seen, name)

    def _by_ids(self, collection_id: str, wanted: list[str]) -> Iterator[JsonDict]:
        """Ask again for those that did not come, as long as that brings some."""
        seen: set[str] = set()
        missing, before = wanted, -1
        while missing and len(seen) > before:
            before = len(seen)
            for first in range(0, len(missing), IDS_PER_SEARCH):
                query = {"collections": [collection_id], "ids": missing[first : first + IDS_PER_SEARCH]}
                yield from self._paged(query, PageRecord(self._page_size), seen)
            missing = [item_id for item_id in wanted if item_id not in seen]
        self.missing_ids = missing

    def _complete(self, query: JsonDict, span: Span, seen: set[str], area: str) -> Iterator[JsonDict]:
        """Yield the new Items of a span; split it and ask again where some may not have come."""
        doubt = yield from self._asked(query, span, seen)
        if doubt:
            for part in self._split(query, span, f"{doubt}, in {area}"):
                yield from self._complete(query, part, seen, area)

    def _asked(self, query: JsonDict, span: Span, seen: set[str]) -> Generator[JsonDict, None, str]:
        """Yield the new Items of a span, asked for once; return why some may not have come, or nothing."""
        record = PageRecord(self._page_size)
        yield from self._paged({**query, "datetime": span.text}, record, seen)
        if record.doubt or (record.is_counted and not record.ends_full):
            return record.doubt
        return self._left_behind(query, span, record)

    def _paged(self, query: JsonDict, record: PageRecord, seen: set[str]) -> Iterator[JsonDict]:
        for page in self._source.search_pages(page_size=self._page_size, **query):
            record.add(page.features, page.number_matched, had_next=page.had_next)
            while page.features:  # taken off, so that no Item stays in memory while the next page is read
                item = page.features.pop(0)
                if item["id"] not in seen:
                    seen.add(item["id"])
                    yield item
            if record.is_circle:
                return

    def _left_behind(self, query: JsonDict, span: Span, record: PageRecord) -> str:
        """Ask again where a cap would have cut; return what speaks for one, or nothing."""
        for rest in record.unseen_spans(span):
            again = PageRecord(self._page_size)
            for _ in self._paged({**query, "datetime": rest.text}, again, set()):
                if not again.item_ids <= record.item_ids:
                    return f"of {rest.text} come Items that had not come among the {len(record.item_ids):,} of all"
            if again.ends_full:
                return again.full_end
        return ""

    def _split(self, query: JsonDict, span: Span, doubt: str) -> list[Span]:
        """Return the parts of a span to ask for instead, the newest first.

        Raises:
            SearchTruncated: it cannot be split.
        """
        window = span.window
        if window is None:
            parts = span.bounded(self._begin(query["collections"][0], span), self._now())
        else:
            parts = [Span(*half) for half in halves(window)] if window.length >= SHORTEST else []
        if not parts:
            raise _truncated(query, span, doubt)
        return parts[::-1]

    def _begin(self, collection_id: str, span: Span) -> datetime:
        """Return the begin of the Collection, unless the span ends before it."""
        begin = begin_of(self._source.get_collection(collection_id))
        return begin if begin and (span.end is None or begin <= span.end) else EPOCH


def _truncated(query: JsonDict, span: Span, doubt: str) -> SearchTruncated:
    return SearchTruncated(
        f"The source does not give all Items of {query['collections'][0]} in {span.text}: {doubt}; and this window"
        " cannot be split further. Run again later, or ask for a smaller area."
    )
