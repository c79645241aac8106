"""The STAC API finds what OData finds."""

import pytest

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.stac_catalogue import StacCatalogue
from ledger.records import utc_now
from models.area import Area
from models.copernicus_request import CopernicusQuery
from models.errors import InvalidRequest
from models.period import bounds_of
from tasks.copernicus_search import ProductSearch
from tasks.copernicus_stac_search import StacProductSearch
from tests.emulator.copernicus import DataSpace

ICELAND = [-22.46, 63.83, -22.39, 63.89]


@pytest.fixture
def data_space(server):
    return DataSpace(server.url)


def found(search, **members):
    query = CopernicusQuery(**{"bbox": ICELAND, "datetime_range": "2000-01-01/.."} | members)
    start, end = bounds_of(query.datetime_range)
    return list(search.products(query, [Area(name="box", bbox=query.bbox)], start, end))


@pytest.mark.parametrize(
    "conditions",
    [
        {"product_type": "S2MSI2A"},
        {"product_type": "S2MSI2A", "datetime_range": "2024-02-04/2024-02-08"},
        {"product_type": "S2MSI2A", "max_cloud_cover": 40, "platform": "A"},
        {"product_type": "S2MSI2A", "published_range": "2024-02-01/2024-02-09"},
    ],
)
def test_both_catalogues_name_the_same_products(data_space, conditions):
    by_stac = found(StacProductSearch(StacCatalogue(data_space.stac_url)), **conditions)
    by_odata = found(ProductSearch(ODataCatalogue(data_space.catalogue), utc_now()), **conditions)
    assert by_odata
    members = ("product_id", "name", "collection", "size", "md5", "start", "end", "modified", "published", "online")
    rows = [[[getattr(product, name) for name in members] for product in each] for each in (by_stac, by_odata)]
    assert sorted(rows[0]) == sorted(rows[1])


def test_what_it_cannot_be_asked_for_is_said(data_space):
    search = StacProductSearch(StacCatalogue(data_space.stac_url))
    with pytest.raises(InvalidRequest, match="GEOCATALOG_COPERNICUS_SEARCH=odata"):
        found(search, attributes=[{"name": "orbitNumber", "value": "7"}])
    with pytest.raises(InvalidRequest, match="no Collection of LANDSAT-8"):
        found(search, collection="LANDSAT-8")
