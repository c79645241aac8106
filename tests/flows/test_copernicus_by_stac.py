"""Whichever catalogue is searched, an ingest makes the same Items."""

import pytest

from flows.ingest_copernicus import ingest_copernicus
from tasks.connect import disconnect, geocatalog
from tests.flows.test_ingest_copernicus import DAY, request_for

pytestmark = pytest.mark.long

SENTINEL_2 = {"collection": "SENTINEL-2", "product_type": "S2MSI2A"}
SENTINEL_3 = {"collection": "SENTINEL-3", "product_type": "OL_1_EFR___"}
AT_DOWNLOAD = ("created", "copernicus:downloaded")


@pytest.fixture
def search(monkeypatch):
    """Return what switches from one catalogue to the other."""

    def by(name):
        monkeypatch.setenv("GEOCATALOG_COPERNICUS_SEARCH", name)
        disconnect()

    return by


def items_of(request):
    """Ingest; return the Items of the catalog by id, without what depends on when they were downloaded, and where."""
    report = ingest_copernicus(request)
    assert report.proven == report.matched >= 1
    ids = [outcome.item_id for outcome in report.outcomes]
    held = geocatalog().stac.get_items(request.collection_id, ids)
    return {item["id"]: plain(item) for item in held}


def plain(item):
    properties = {name: value for name, value in item["properties"].items() if name not in AT_DOWNLOAD}
    kept = {name: item[name] for name in ("bbox", "geometry", "stac_extensions")}
    return {**kept, "properties": properties, "assets": sorted(item["assets"])}


@pytest.mark.parametrize("asked", [SENTINEL_2, SENTINEL_3])
def test_both_searches_make_the_same_items(staging, search, asked):
    search("odata")
    by_odata = items_of(request_for(collection_id="by-odata", **asked))
    search("stac")
    assert items_of(request_for(collection_id="by-stac", **asked)) == by_odata


def test_switching_the_search_ingests_nothing_twice(emulator, copernicus, staging, search):
    search("odata")
    first = ingest_copernicus(request_for(**SENTINEL_2))
    copernicus.control("DELETE", "copernicus")
    search("stac")
    again = ingest_copernicus(request_for(**SENTINEL_2))
    assert (again.matched, again.done, again.planned) == (first.matched, first.matched, 0)
    assert copernicus.counts()["products"] == {}


def test_what_is_offline_is_named(copernicus, staging, search):
    search("stac")
    copernicus.mishap("offline", DAY + "*")
    report = ingest_copernicus(request_for(**SENTINEL_2))
    assert [name[: len(DAY)] for name in report.offline] == [DAY]
    assert report.failed == 0
