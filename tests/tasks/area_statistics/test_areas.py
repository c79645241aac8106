"""Which areas are measured, and what is wrong with those that cannot be."""

import json
from pathlib import Path

import pytest

from models.area import bounds_of
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import InvalidRequest
from tasks.area_statistics.areas import areas_to_measure, square_kilometres

YEAR = "2023-01-01/2023-12-31"


def ring(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*box):
    return {"type": "Polygon", "coordinates": [ring(*box)]}


def areas_of(folder=Path(), **area):
    return areas_to_measure(AreaStatisticsRequest(datetime_range=YEAR, **area), folder)


@pytest.fixture
def file_of(tmp_path):
    def write(*features):
        path = tmp_path / "fields.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
        return str(path)

    return write


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_features_are_called_by_their_names(file_of):
    path = file_of(
        feature(polygon(9, 47, 9.1, 47.1), name="north"),
        feature(polygon(9, 46, 9.1, 46.1)),
        feature(polygon(9, 45, 9.1, 45.1), name="north"),
    )
    assert [area.name for area in areas_of(geojson_file=path)] == ["north", "fields 2", "north (2)"]


def test_a_bbox_is_called_by_its_place():
    [area] = areas_of(bbox=[9.0, 47.0, 9.5, 47.25])
    assert area.name == "box 9,47,9.5,47.25"
    assert area.geometry == polygon(9, 47, 9.5, 47.25)


def test_a_polygon_across_the_antimeridian_is_two_areas():
    areas = areas_of(geometry=polygon(179.9, -17, 180.1, -16.9))
    assert len(areas) == 2
    assert [bounds_of(area.geometry)[0] < 0 for area in areas] == [False, True]
    assert len({area.name for area in areas}) == 2


def test_an_invalid_polygon_is_named_with_its_place():
    bow = {"type": "Polygon", "coordinates": [[[9, 47], [9.1, 47.1], [9.1, 47], [9, 47.1], [9, 47]]]}
    with pytest.raises(InvalidRequest, match=r"'polygon at 9\.0500,47\.0500' is not valid: Self-intersection"):
        areas_of(geometry=bow)


def test_an_area_larger_than_a_scene_is_refused():
    with pytest.raises(InvalidRequest, match=r"has 8.,... square kilometres; a scene of Sentinel-2 shows at most"):
        areas_of(bbox=[8.0, 46.0, 12.0, 48.5])


def test_sizes_are_those_of_the_sphere():
    assert square_kilometres(polygon(0, 0, 1, 1)) == pytest.approx(12_363, rel=0.001)
    assert square_kilometres(polygon(0, 60, 1, 61)) == pytest.approx(6_088, rel=0.001)
