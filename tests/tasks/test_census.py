"""A census of the emulator's catalogs, without Prefect."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from ledger.records import Change, RunRecord
from models.census_report import CensusReport, DayReport
from models.census_request import IDS_PER_INGEST, CensusRequest
from models.outcomes import ItemState
from settings import get_settings
from stac.census import Census, DayCensus
from stac.containers import containers_of
from stac.fingerprint import fingerprint
from stac.item import to_geocatalog_item
from stac.windows import Span
from tasks.areas import resolve_areas
from tasks.census import CensusTaker, Counted, span_of
from tasks.census_losses import lost_items, record_lost
from tasks.connect import geocatalog, operation_watch, planetary_computer
from tasks.ingestion_source import registry_for
from tasks.ledger import ledger
from tasks.report import MAX_ROWS
from tasks.report_census import census_summary, day_rows, days_drawn, item_rows, report_of, save_picture
from tasks.source_search import SourceSearch
from tests.conftest import MANY
from tests.many_items import MANY_BBOX

NOW = datetime(2024, 3, 1, tzinfo=UTC)
TEN = [f"scene-{number:05d}" for number in range(10)]
TEN_MINUTES = "2024-01-01T00:00:00Z/2024-01-01T00:09:59Z"
RUN = "a-run"


def request_of(collection_id="c", **changes):
    request = {"source_collection": MANY, "bbox": MANY_BBOX, "datetime_range": TEN_MINUTES}
    return CensusRequest(**{"collection_id": collection_id, **request, **changes})


def take(collection_id, **changes) -> Counted:
    request = request_of(collection_id, **changes)
    areas = resolve_areas(request, get_settings().areas_dir)
    return CensusTaker(request, areas, SourceSearch(planetary_computer()), geocatalog(), ledger(), lambda: NOW).take()


def from_source(item_ids):
    return {item["id"]: item for item in SourceSearch(planetary_computer()).items(MANY, ids=item_ids)}


def tell(collection_id, state, facts, **members):
    """Let the ledger know of Items; `facts` are their fingerprints."""
    ledger().begin_run(RunRecord(run_id=RUN, flow="ingest-items", collection_id=collection_id))
    changes = [Change(item_id=id_, state=state, fingerprint=said, **members) for id_, said in facts.items()]
    ledger().record(RUN, collection_id, changes)


@pytest.fixture
def held(emulator, collection):
    """A Collection that has the first ten Items of the source, without the ledger's knowledge."""
    root = get_settings().blob_root
    items = [to_geocatalog_item(item, collection, root) for item in from_source(TEN).values()]
    containers = set().union(*(containers_of(item, root) for item in items))
    registry_for(request_of().ingests_of(TEN)[0], containers).ensure(containers)
    operation = geocatalog().stac.begin_create_items(collection, items)
    assert operation_watch(collection).wait(operation.id).has_succeeded
    return collection


@pytest.fixture
def proven(held):
    """The same, and the ledger knows them as proven."""
    tell(held, ItemState.PROVEN, {id_: fingerprint(item) for id_, item in from_source(TEN).items()})
    return held


def test_a_complete_catalog_has_no_gap_and_costs_a_few_reads(emulator, proven):
    emulator.forget_requests()
    total = take(proven).census.total
    assert (total.source, total.catalog, total.proven, total.complete) == (10, 10, 10, 10)
    assert (total.missing, total.extra, total.changed, total.unproven) == ([], [], [], [])
    assert emulator.count("GET") + emulator.count("POST") <= 6
    assert emulator.count("POST", "/items") == 0


def test_without_a_ledger_all_that_the_catalog_has_is_unproven(held):
    total = take(held).census.total
    assert (total.complete, total.proven, total.unproven) == (10, 0, TEN)


def test_items_deleted_behind_its_back_are_missing_though_the_ledger_has_them_as_proven(emulator, proven):
    for item_id in TEN[2:4]:
        emulator.control("DELETE", f"catalog/items/{proven}/{item_id}")
    counted = take(proven)
    assert counted.census.total.missing == TEN[2:4]
    assert lost_items(counted, ledger(), proven) == TEN[2:4]


def test_reprocessed_upstream_is_changed_and_taken_back_upstream_is_extra(emulator, proven):
    emulator.control("POST", f"upstream/items/{MANY}/{TEN[1]}/reprocess")
    emulator.control("DELETE", f"upstream/items/{MANY}/{TEN[5]}")
    total = take(proven).census.total
    assert (total.source, total.catalog) == (9, 10)
    assert (total.missing, total.extra, total.changed, total.unproven) == ([], [TEN[5]], [TEN[1]], [])


def test_what_no_longer_fulfils_the_condition_but_is_at_the_source_is_no_extra(emulator, proven):
    emulator.control("POST", f"upstream/items/{MANY}/{TEN[1]}/reprocess")  # cloud cover 1 % becomes 8 %
    total = take(proven, max_cloud_cover=5).census.total
    assert (total.source, total.catalog, total.extra) == (5, 5, [])


def test_items_of_another_source_collection_are_not_extra(emulator, proven):
    emulator.control("DELETE", f"upstream/items/{MANY}/{TEN[5]}")
    tell(proven, ItemState.PROVEN, {TEN[5]: "f"}, source_collection="landsat-c2-l2")
    assert take(proven).census.total.extra == []


def test_what_the_catalogs_search_leaves_out_is_not_missing(emulator, proven, monkeypatch):
    monkeypatch.setattr(CensusTaker, "_held", lambda self: {})
    assert take(proven).census.total.missing == []


def test_an_item_that_is_being_proven_now_is_no_loss(emulator, proven):
    emulator.control("DELETE", f"catalog/items/{proven}/{TEN[0]}")
    tell(proven, ItemState.INGESTED, {TEN[0]: "f"})
    counted = take(proven)
    assert counted.entries[TEN[0]].run_is_alive
    assert lost_items(counted, ledger(), proven) == []


def test_an_item_that_a_run_took_up_since_the_census_is_left_to_it(emulator, proven):
    emulator.control("DELETE", f"catalog/items/{proven}/{TEN[0]}")
    counted = take(proven)
    tell(proven, ItemState.SUBMITTED, {TEN[0]: "f"}, operation_id="o")
    assert lost_items(counted, ledger(), proven) == []


def test_losses_are_written_by_a_run_of_their_own(emulator, proven):
    emulator.control("DELETE", f"catalog/items/{proven}/{TEN[0]}")
    counted = take(proven)
    record_lost([TEN[0]], request_of(proven), counted, ledger())
    newest = ledger().runs(collection_id=proven)[0]
    assert (newest.flow, newest.counts, newest.state) == ("census", {"removed": 1}, "completed")
    assert ledger().entries(proven, TEN)[TEN[0]].state is ItemState.REMOVED
    assert [event.state for event in ledger().history(proven, TEN[0])] == ["proven", "removed"]


def test_a_request_needs_one_area():
    with pytest.raises(ValidationError, match="geojson_file as the area; got none of them"):
        CensusRequest(collection_id="c")


def test_the_ingests_that_fill_gaps_are_of_exactly_these_ids_and_as_the_census_asks():
    ids = [str(number) for number in range(IDS_PER_INGEST + 1)]
    first, second = request_of(proof="none", max_cloud_cover=5).ingests_of(ids)
    assert [*first.item_ids, *second.item_ids] == ids
    assert (first.proof, first.source_collection, first.bbox, first.max_cloud_cover) == ("none", MANY, None, None)
    assert first.when == "3000 Items by id"


def test_a_lookback_ends_now():
    assert span_of(request_of(lookback_days=2), NOW) == Span(NOW - timedelta(days=2), NOW)


DAY = date(2024, 1, 31)


def counted(days, start=None, end=None):
    return Counted(Census(days), {}, Span(start, end), ["here"])


@pytest.mark.parametrize(
    ("start", "end", "drawn"),
    [
        (None, None, (DAY, DAY)),
        (datetime(2024, 1, 1, tzinfo=UTC), None, (date(2024, 1, 1), DAY)),
        (None, datetime(2024, 2, 5, tzinfo=UTC), (DAY, date(2024, 2, 5))),
        (None, datetime(2099, 1, 1, tzinfo=UTC), (DAY, NOW.date())),
        (datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC), None),
    ],
)
def test_the_days_of_the_picture(start, end, drawn):
    assert days_drawn(counted([DayCensus(DAY, 1, 1)], start, end), NOW.date()) == drawn


def test_there_is_a_reason_where_there_is_no_picture(tmp_path):
    assert save_picture(counted([]), request_of(), tmp_path, NOW.date()) == (None, "there is no day to draw")
    ages = counted([DayCensus(DAY, 1, 1)], datetime(1990, 1, 1, tzinfo=UTC))
    assert "at most" in save_picture(ages, request_of(), tmp_path, NOW.date())[1]


def test_tables_keep_the_days_that_matter_when_there_are_too_many():
    days = [DayReport(day=DAY + timedelta(n), source=1, catalog=1, proven=1) for n in range(MAX_ROWS)]
    days.append(DayReport(day=None, source=1, catalog=0, proven=0, missing=["a"]))
    report = CensusReport(collection_id="c", source_collection="s", areas=["x"], window="w", days=days)
    assert [row["day (UTC)"] for row in day_rows(report)] == ["none named"]
    assert item_rows(report) == [{"Item": "a", "day (UTC)": "none named", "is": "missing"}]
    assert "1 of 501 Items of the source have gaps in c: 1 missing (a)." in census_summary(report)


def test_a_report_without_source_items_claims_nothing(collection):
    report = report_of(take(collection, datetime_range="2019-01-01/2019-01-02"), request_of(collection))
    assert report.sentence == "The source has no Items there: nothing can be missing."
