"""Equality of what was sent and what the catalog holds."""

import copy

import pytest

from stac.compare import differences

SENT = {
    "id": "a",
    "collection": "c",
    "bbox": [1.0, 2.0, 3.0, 4.0],
    "geometry": {"type": "Polygon", "coordinates": [[[1.0, 2.0], [3.0, 2.0], [3.0, 4.0], [1.0, 2.0]]]},
    "properties": {"datetime": "2024-02-05T13:11:49.024Z", "eo:cloud_cover": 16.64, "proj:epsg": 32627, "flag": True},
    "assets": {"B04": {"href": "https://source/B04.tif"}},
}


def held(**properties):
    item = copy.deepcopy(SENT)
    item["properties"] |= properties
    return item


def test_what_the_service_rewrites_is_no_difference():
    item = held(datetime="2024-02-05T13:11:49.024000Z", **{"eo:cloud_cover": 16.6400000001})
    del item["properties"]["proj:epsg"]
    item["properties"]["proj:code"] = "EPSG:32627"
    item |= {"_msft:etag": "x", "links": [1]}
    item["assets"]["B04"]["href"] = "https://managed/B04.tif"
    assert differences(SENT, item) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"datetime": "2024-02-05T13:11:49.025Z"}, "datetime"),
        ({"eo:cloud_cover": 17}, "eo:cloud_cover"),
        ({"eo:cloud_cover": None}, "eo:cloud_cover"),
        ({"flag": 1}, "flag"),
    ],
)
def test_a_changed_property_is_named(change, named):
    assert differences(SENT, held(**change)) == [named]


def test_missing_assets_and_moved_geometry_are_named():
    item = held()
    item["assets"] = {}
    item["geometry"]["coordinates"][0][0][0] = 1.1
    assert differences(SENT, item) == ["geometry", "assets"]


def test_a_lost_geometry_is_named():
    assert differences(SENT, {**held(), "geometry": None}) == ["geometry"]
