"""Count what source, ledger and catalog have of an area and a time, and compare them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from prefect import task

from clients.geocatalog import GeoCatalog
from ledger.ledger import Ledger
from ledger.records import Entry, utc_now
from models.area import Area, JsonDict
from models.census_request import CensusRequest
from models.period import bounds_of
from settings import get_settings
from stac.census import Census, LedgerFact, SourceFact, take_census
from stac.fingerprint import fingerprint
from stac.times import day_of
from stac.windows import Span
from tasks.areas import resolve_areas
from tasks.connect import geocatalog, planetary_computer
from tasks.ledger import ledger
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.source_search import SourceSearch

PAGE_SIZE = 1000
"""Items a page of the GeoCatalog's search, its maximum; only ids and times are transferred."""
FIELDS = ["id", "properties.datetime", "properties.start_datetime"]


class Counted:
    """A census and what it was taken of. No dataclass: Prefect would search each of its Items for futures.

    Args:
        entries: what the ledger said of the Items before the catalog was asked.
        span: acquisition times that were looked at.
        areas: names of the areas.
    """

    def __init__(self, census: Census, entries: dict[str, Entry], span: Span, areas: list[str]) -> None:
        self.census = census
        self.entries = entries
        self.span = span
        self.areas = areas


class CensusTaker:
    """Takes one census."""

    def __init__(
        self,
        request: CensusRequest,
        areas: list[Area],
        search: SourceSearch,
        catalog: GeoCatalog,
        known: Ledger,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._request = request
        self._areas = areas
        self._span = span_of(request, now())
        self._search = search
        self._catalog = catalog
        self._known = known

    def take(self) -> Counted:
        """Count source, ledger and catalog, in this order: what the ledger knows as proven has to be in the catalog.

        Raises:
            SearchTruncated: the source does not give all Items.
            TransientError, RefusedError: source, catalog or ledger failed.
        """
        source = self._source()
        entries = self._known.entries(self._request.collection_id, source)
        held = self._held()
        unseen = [item_id for item_id in source if item_id not in held]
        for item_id in self._catalog.stac.existing_ids(self._request.collection_id, unseen):
            held[item_id] = source[item_id].day  # there, though the catalog places it elsewhere or search left it out
        entries |= self._known.entries(self._request.collection_id, [id_ for id_ in held if id_ not in source])
        extra = self._extra([item_id for item_id in held if item_id not in source], entries)
        held = {item_id: day for item_id, day in held.items() if item_id in source or item_id in extra}
        facts = {item_id: LedgerFact(entry.state, entry.fingerprint) for item_id, entry in entries.items()}
        return Counted(take_census(source, held, facts), entries, self._span, [area.name for area in self._areas])

    def _source(self) -> dict[str, SourceFact]:
        """Return what the source has; of each Item only its day and fingerprint stay in memory."""
        found = self._search.items(
            self._request.source_collection, self._areas, *self._span, cql=self._request.condition
        )
        return {item["id"]: SourceFact(day_of(item), fingerprint(item)) for item in found}

    def _held(self) -> dict[str, date | None]:
        """Return id and day of each Item that the catalog has in the same areas and time, by the same condition."""
        condition: JsonDict = {}
        if self._request.condition:
            condition = {"filter": self._request.condition, "filter-lang": "cql2-json"}
        held: dict[str, date | None] = {}
        for area in self._areas:
            body = {"collections": [self._request.collection_id], **area.query, "datetime": self._span.text}
            page = {"limit": PAGE_SIZE, "fields": {"include": FIELDS}}
            held.update((item["id"], day_of(item)) for item in self._catalog.stac.search(body | condition | page))
        return held

    def _extra(self, item_ids: list[str], entries: dict[str, Entry]) -> set[str]:
        """Return which of the catalog's Items the source has not, whatever area and time it gives them.

        Items that came from another Collection of the source are not its to have.
        """
        own = (None, self._request.source_collection)
        asked = [id_ for id_ in item_ids if id_ not in entries or entries[id_].source_collection in own]
        for _ in self._search.items(self._request.source_collection, ids=asked) if asked else ():
            pass  # what comes is no extra; what does not come is in `missing_ids` at the end
        return set(self._search.missing_ids) if asked else set()


def span_of(request: CensusRequest, now: datetime) -> Span:
    """Return the acquisition times to look at, UTC."""
    if request.lookback_days is None:
        return Span(*bounds_of(request.datetime_range))
    return Span(now - timedelta(days=request.lookback_days), now)


@task(name="count", task_run_name="count source, ledger and catalog", **RETRIED, **UNCACHED)
def count_items(request: CensusRequest) -> Counted:
    """Take the census that a request asks for."""
    areas = resolve_areas(request, get_settings().areas_dir)
    counted = CensusTaker(request, areas, SourceSearch(planetary_computer()), geocatalog(), ledger()).take()
    total = counted.census.total
    say(f"{total.source:,} Items in the source, {total.catalog:,} in the catalog, {total.proven:,} proven")
    return counted
