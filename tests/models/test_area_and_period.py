"""Areas and datetime ranges: what is accepted, and what is said of what is not."""

import pytest
from pydantic import TypeAdapter, ValidationError

from models.area import BBox, Geometry, bounds_of
from models.period import bounds_of as period_bounds
from models.requests import IngestRequest
from stac.windows import Span

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 2], [0, 0]]]}


@pytest.mark.parametrize(
    ("bbox", "said"),
    [
        ([1, 2, 3], "four numbers"),
        ([1, 5, 2, 4], "south (5.0) must be less than north (4.0)"),
        ([63.8, -22.4, 63.9, -122.3], "latitudes must lie in -90..90"),
        ([-181, 0, 0, 1], "longitudes must lie in -180..180"),
        ([1, 0, 1, 1], "no width"),
        ([170, -10, -170, 10], "antimeridian"),
    ],
)
def test_a_wrong_bbox_is_said(bbox, said):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(BBox).validate_python(bbox)
    assert said in str(error.value)


def test_the_antimeridian_message_names_the_two_boxes():
    with pytest.raises(ValidationError) as error:
        TypeAdapter(BBox).validate_python([170, -10, -170, 10])
    assert "[170.0, -10.0, 180, 10.0] and [-180, -10.0, -170.0, 10.0]" in str(error.value)


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "must be a Polygon"),
        ({"type": "Polygon", "coordinates": [[[0, 0]]]}, "no ring"),
        ({"type": "Polygon"}, "no ring"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 95], [0, 0]]]}, "is outside"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 2], [0, 2]]]},
            "repeat its first position at its end",
        ),
        ({}, "must be a Polygon"),
    ],
)
def test_a_wrong_geometry_is_said(geometry, said):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(Geometry).validate_python(geometry)
    assert said in str(error.value)


def test_a_feature_is_reduced_to_its_geometry():
    assert TypeAdapter(Geometry).validate_python({"type": "Feature", "geometry": SQUARE}) == SQUARE
    assert bounds_of(SQUARE) == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("2024-02-04/2024-02-11", "2024-02-04T00:00:00Z/2024-02-11T23:59:59.999999Z"),
        ("2024-02-04", "2024-02-04T00:00:00Z/2024-02-04T23:59:59.999999Z"),
        ("20240204/20240211", "2024-02-04T00:00:00Z/2024-02-11T23:59:59.999999Z"),
        ("2024-02-04/..", "2024-02-04T00:00:00Z/.."),
        ("../2024-02-04T12:00:00+02:00", "../2024-02-04T10:00:00Z"),
    ],
)
def test_both_ends_are_inclusive(text, interval):
    assert Span(*period_bounds(text)).text == interval


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a datetime range"),
        ("2024-02-11/2024-02-04", "ends before it starts"),
        ("../..", "open at both ends"),
        ("yesterday/today", "'yesterday' is not a date"),
        ("2024-01-01/2024-02-01/2024-03-01", "not a datetime range"),
    ],
)
def test_a_wrong_range_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        period_bounds(text)


def test_an_ingest_needs_one_area():
    with pytest.raises(ValidationError, match="exactly one of bbox, geometry, areas and geojson_file"):
        IngestRequest(collection_id="c")
    with pytest.raises(ValidationError, match="exactly one of bbox, geometry, areas and geojson_file"):
        IngestRequest(collection_id="c", bbox=[0, 0, 1, 1], geometry=SQUARE)


def test_a_misspelt_field_is_refused():
    with pytest.raises(ValidationError, match="colection_id"):
        IngestRequest.model_validate({"colection_id": "c", "collection_id": "c", "bbox": [0, 0, 1, 1]})


def test_every_form_field_has_a_title_and_a_description():
    for name, schema in IngestRequest.model_json_schema()["properties"].items():
        assert schema.get("title"), name
        assert schema.get("description"), name
