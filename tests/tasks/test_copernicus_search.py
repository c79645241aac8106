"""Searches of the local OData catalogue: complete, whatever it cuts, repeats or limits."""

import json
from datetime import UTC, datetime
from math import cos, sin, tau

import pytest

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.product_record import product_of
from models.area import Area
from models.copernicus_request import CopernicusQuery
from models.errors import InvalidRequest, SearchTruncated
from models.period import bounds_of
from tasks.copernicus_search import ProductSearch
from tests.emulator.copernicus import DataSpace

WORLD = [-180.0, -90.0, 180.0, 90.0]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ICELAND = [-22.46, 63.83, -22.39, 63.89]


@pytest.fixture
def data_space(server):
    return DataSpace(server.url)


@pytest.fixture
def search(data_space):
    return ProductSearch(ODataCatalogue(data_space.catalogue), NOW)


def query(bbox=WORLD, **members):
    members = {"collection": "SENTINEL-3", "datetime_range": "2022-01-01/2022-12-31"} | members
    return CopernicusQuery(bbox=bbox, **members)


def found(search, asked, areas=None):
    start, end = bounds_of(asked.datetime_range) if asked.datetime_range else (None, None)
    areas = areas or [Area(name="box", bbox=asked.bbox)]
    return [product.name for product in search.products(asked, areas, start, end)]


def requests_to(data_space, route):
    counts = data_space.control("GET", "requests")["counts"]
    return sum(each["count"] for each in counts if route in each["route"])


def test_products_of_an_area_and_a_time(search):
    names = found(search, query(ICELAND, collection="SENTINEL-2", datetime_range="2024-02-04/2024-02-11"))
    assert names
    assert all(name.startswith("S2") and "_T27V" in name for name in names)
    assert names == sorted(names, key=lambda name: name.split("_")[2])


def test_the_last_day_belongs_to_the_range(search, data_space):
    data_space.configure(catalogue={"extra_products": 200})
    names = found(search, query(datetime_range="2022-01-01/2022-01-02"))
    assert sum("____20220102" in name for name in names) > 40
    assert not any("____20220103" in name for name in names)


def test_pages_are_followed_and_repeated_products_come_once(search, data_space):
    data_space.configure(catalogue={"extra_products": 2_500, "repeat_page": True})
    names = found(search, query())
    assert len(names) == len(set(names)) == 2_500


@pytest.mark.parametrize("known_cap", [900, pytest.param(10_000, marks=pytest.mark.long)])
def test_what_lies_behind_the_cap_is_asked_for_by_shorter_windows(data_space, known_cap):
    data_space.configure(catalogue={"extra_products": 1_500, "max_skip": 500})
    search = ProductSearch(ODataCatalogue(data_space.catalogue), NOW, most=known_cap)
    names = found(search, query(datetime_range="2022-01-01/.."))
    assert len(names) == len(set(names)) > 1_500
    assert [name for name in names if "_LFR_" in name] == sorted(name for name in names if "_LFR_" in name)


def test_a_search_that_stays_cut_off_fails(search, data_space, monkeypatch):
    data_space.configure(catalogue={"extra_products": 30, "max_skip": 0})
    monkeypatch.setattr(ODataCatalogue, "pages", _short_pages(ODataCatalogue.pages))
    with pytest.raises(SearchTruncated, match="0 of 1 came"):
        found(search, query(datetime_range="2022-01-01/2022-01-01"))


def _short_pages(pages):
    """Lose the last product of each query, as a catalogue may."""

    def shortened(self, collection, conditions, page_size=1000):
        for page in pages(self, collection, conditions, page_size):
            yield page._replace(products=page.products[:-1])

    return shortened


def test_attributes_are_asked_for_in_the_catalogues_own_kind(search, data_space):
    data_space.configure(catalogue={"extra_products": 400})
    condition = {"name": "relativeOrbitNumber", "value": "7"}
    assert len(found(search, query(attributes=[condition]))) == 2
    clear = found(search, query(max_cloud_cover=20, product_type="OL_2_LFR___", platform="A"))
    assert 40 < len(clear) < 120
    late = found(search, query(attributes=[{"name": "timeliness", "value": "NT"}], platform="B"))
    assert late == []


def test_an_unknown_attribute_or_collection_is_refused(search):
    with pytest.raises(InvalidRequest, match=r"no attribute 'relativeOrbit'.*relativeOrbitNumber"):
        found(search, query(attributes=[{"name": "relativeOrbit", "value": "7"}]))
    with pytest.raises(InvalidRequest, match="no Collection SENTINEL-9"):
        found(search, query(collection="SENTINEL-9", attributes=[{"name": "orbitNumber", "value": "7"}]))


def test_products_that_are_offline_are_named_or_passed_over(search, data_space):
    asked = {"collection": "SENTINEL-2", "datetime_range": "2024-02-04/2024-02-11"}
    every = found(search, query(ICELAND, **asked))
    data_space.mishap("offline", every[0])
    assert found(search, query(ICELAND, **asked)) == every
    assert found(search, query(ICELAND, **asked, online_only=True)) == every[1:]


def test_publication_time(search):
    asked = {"collection": "SENTINEL-2", "datetime_range": None, "published_range": "2024-02-04/2024-02-11"}
    assert found(search, query(ICELAND, **asked))
    assert found(search, query(ICELAND, **asked | {"published_range": "2030-01-01/.."})) == []


def test_an_area_of_many_vertices_is_simplified_and_judged_here(search, data_space):
    data_space.configure(catalogue={"extra_products": 400})
    ring = [[40 * cos(tau * part / 1000), 40 * sin(tau * part / 1000)] for part in range(1000)]
    disc = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    exact = found(search, query(), [Area(name="disc", geometry=disc)])
    assert len(exact) > 10
    assert set(exact) < set(found(search, query([-40.0, -40.0, 40.0, 40.0])))


def test_products_by_id(search, data_space):
    known = data_space.product("S5P")["Id"]
    gone = "00000000-0000-0000-0000-000000000000"
    asked = CopernicusQuery(collection="SENTINEL-5P", product_ids=[known, gone, known])
    products = list(search.products(asked, [], None, None))
    assert [(product.product_id, product.collection) for product in products] == [(known, "SENTINEL-5P")]
    assert search.missing_ids == [gone]


def test_real_records_are_understood(real_data):
    for name in ("odata-page-1.json", "odata-page-5.json", "odata-products-sentinel-2.json"):
        for record in json.loads((real_data / "cdse" / name).read_text())["value"]:
            product = product_of(record, "any")
            assert product.product_id == record["Id"]
            assert product.size == (record["ContentLength"] or None)
            assert product.attributes["productType"]
            assert (product.md5 is None) == (not record["Checksum"])
