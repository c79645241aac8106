"""Which picture shows an ingest."""

from stac.preview import coarsest_raster, least_cloudy, picture_size


def test_the_picture_has_the_proportions_of_the_ground():
    width, height = picture_size([0.0, 60.0, 2.0, 61.0], 1000)  # at 60 degrees, a degree of longitude is half as long
    assert height == 1000
    assert abs(width - height) < 20


def test_the_clearest_item_comes_first_and_one_without_clouds_known_last():
    items = [{"properties": {}}, {"properties": {"eo:cloud_cover": 0.0}}, {"properties": {"eo:cloud_cover": 80}}]
    assert [item["properties"].get("eo:cloud_cover") for item in least_cloudy(items)] == [0.0, 80, None]


def test_the_smallest_raster_is_verified():
    assets = {
        "B04": {"type": "image/tiff", "roles": ["data"], "gsd": 10},
        "B09": {"type": "image/tiff", "roles": ["data"], "gsd": 60},
        "xml": {"type": "application/xml", "roles": ["metadata"], "gsd": 100},
    }
    assert coarsest_raster({"assets": assets}) == "B09"
    assert coarsest_raster({"assets": {"xml": assets["xml"]}}) is None
