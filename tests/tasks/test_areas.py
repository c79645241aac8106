"""Areas of a request: from itself, from named files, from a file that it names."""

import json
import re

import pytest

from models.errors import InvalidRequest
from models.requests import TUTORIAL_BBOX, IngestRequest
from settings import Settings
from tasks.areas import area_names, resolve_areas

AREAS_DIR = Settings.model_fields["areas_dir"].default


def ring(west, east, south=-20, north=-10):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(west, east, **rest):
    return {"type": "Polygon", "coordinates": [ring(west, east)], **rest}


def feature(geometry, **rest):
    return {"type": "Feature", "properties": {}, "geometry": geometry, **rest}


def resolve(areas_dir=AREAS_DIR, **area):
    return resolve_areas(IngestRequest(collection_id="c", **area), areas_dir)


@pytest.fixture
def resolve_file(tmp_path):
    def resolve_content(content):
        path = tmp_path / "my.geojson"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return resolve(geojson_file=str(path))

    return resolve_content


def test_a_bbox_is_one_area():
    [area] = resolve(bbox=TUTORIAL_BBOX)
    assert area.query == {"bbox": TUTORIAL_BBOX}
    assert area.bounds == TUTORIAL_BBOX


def test_a_geometry_is_one_area():
    [area] = resolve(geometry=polygon(1, 2))
    assert area.query == {"intersects": polygon(1, 2)}
    assert area.bounds == [1, -20, 2, -10]


def test_items_by_id_have_no_area():
    assert resolve(item_ids=["a"]) == []
    assert resolve(item_ids=["a"], areas=["iceland-svartsengi"]) == []


def test_the_areas_that_are_shipped():
    names = area_names(AREAS_DIR)
    invented = ["coast-hill", "coast-lagoon-shore", "coast-lava", "coast-meadow-east", "coast-meadow-west"]
    assert names == [*invented, "iceland-reykjanes", "iceland-svartsengi", "lake-constance"]
    areas = resolve(areas=[*names, names[0]])
    assert [area.name for area in areas] == names
    west, south, east, north = areas[names.index("iceland-svartsengi")].bounds
    assert west < TUTORIAL_BBOX[0]
    assert south < TUTORIAL_BBOX[1]
    assert east > TUTORIAL_BBOX[2]
    assert north > TUTORIAL_BBOX[3]


def test_an_unknown_area_is_answered_with_those_there_are():
    with pytest.raises(InvalidRequest, match=r"no area 'iceland'.*iceland-reykjanes, iceland-svartsengi"):
        resolve(areas=["iceland"])


def test_a_folder_without_areas_is_said(tmp_path):
    with pytest.raises(InvalidRequest, match="there are: none"):
        resolve(tmp_path / "nowhere", areas=["iceland"])


@pytest.mark.parametrize("name", ["../secret", "a/b", "", ".hidden"])
def test_a_name_does_not_lead_out_of_the_folder(name):
    with pytest.raises(ValueError, match="areas"):
        IngestRequest(collection_id="c", areas=[name])


@pytest.mark.parametrize(
    "content",
    [polygon(1, 2), feature(polygon(1, 2)), {"type": "FeatureCollection", "features": [feature(polygon(1, 2))]}],
)
def test_a_file_of_any_kind(resolve_file, content):
    [area] = resolve_file(content)
    assert area.geometry == polygon(1, 2)
    assert area.name.startswith("my")


def test_each_feature_is_an_area(resolve_file):
    areas = resolve_file({"type": "FeatureCollection", "features": [feature(polygon(w, w + 1)) for w in (1, 2, 3)]})
    assert [(area.name, area.bounds[0]) for area in areas] == [("my 1", 1), ("my 2", 2), ("my 3", 3)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not JSON", "is not GeoJSON: it is not JSON"),
        ("[]", "no member 'type'"),
        ({"type": "Topology"}, "must be a Polygon"),
        ({"type": "FeatureCollection", "features": []}, "has no Feature"),
        ({"type": "FeatureCollection"}, "has no Feature"),
        (
            {"type": "FeatureCollection", "features": [feature(polygon(1, 2)), feature({"type": "Point"})]},
            "Feature number 2 of .* has no usable polygon: .*got 'Point'",
        ),
        ({"type": "FeatureCollection", "features": [feature(None)]}, "Feature number 1 of .*got None"),
        ({"type": "FeatureCollection", "features": ["x"]}, "Feature number 1 of .*no JSON object"),
        (polygon(1000, 2000), "is outside of longitude"),
        ({"type": "Polygon", "coordinates": ring(1, 2)}, "no ring"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "no ring"),
    ],
)
def test_a_wrong_file_is_said_in_one_sentence(resolve_file, content, said):
    with pytest.raises(InvalidRequest, match=said) as error:
        resolve_file(content)
    assert not re.search(r"\n", str(error.value))


def test_a_missing_file_is_said():
    with pytest.raises(InvalidRequest, match=r"/no/such\.geojson cannot be read: No such file"):
        resolve(geojson_file="/no/such.geojson")


def test_a_geometry_beyond_the_antimeridian_is_two_areas():
    east, west = resolve(geometry=polygon(170, 190))
    assert east.bounds == [170, -20, 180, -10]
    assert west.bounds == [-180, -20, -170, -10]
    assert (east.name, west.name) == ("the geometry (eastern hemisphere)", "the geometry (western hemisphere)")


def test_a_multipolygon_on_both_sides_is_two_areas(resolve_file):
    parts = [[ring(-180, -175)], [ring(175, 180)], [ring(160, 161)]]
    areas = resolve_file(feature({"type": "MultiPolygon", "coordinates": parts}))
    assert [len(area.geometry["coordinates"]) for area in areas] == [2, 1]
    assert [area.bounds[::2] for area in areas] == [[160, 180], [-180, -175]]


@pytest.mark.parametrize(
    "content",
    [feature(polygon(170, -170), bbox=[170, -20, -170, -10]), polygon(170, -170, bbox=[170, -20, 0, -170, -10, 9])],
)
def test_a_bbox_that_crosses_tells_how_its_polygon_is_meant(resolve_file, content):
    assert [area.bounds[::2] for area in resolve_file(content)] == [[170, 180], [-180, -170]]


def test_a_polygon_that_may_or_may_not_cross_is_refused(resolve_file):
    with pytest.raises(InvalidRequest, match="goes more than half round the world, or it crosses"):
        resolve_file(polygon(170, -170))


def test_the_whole_world_is_one_area(resolve_file):
    [area] = resolve_file(polygon(-180, 180))
    assert area.bounds == [-180, -20, 180, -10]


def test_an_area_of_both_hemispheres_that_does_not_go_round_is_one(resolve_file):
    parts = [[ring(-60, -50)], [ring(10, 20)]]
    assert len(resolve_file({"type": "MultiPolygon", "coordinates": parts})) == 1
