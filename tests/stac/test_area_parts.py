"""Parts of a request for area statistics ask for the same, each once."""

from datetime import date

from models.area_pairs import Way, digest
from models.area_statistics_request import AreaStatisticsRequest
from stac.area_parts import parts_of
from stac.periods import periods_of

TODAY = date(2026, 11, 20)


def request_of(**changes: object) -> AreaStatisticsRequest:
    return AreaStatisticsRequest.model_validate({"deployment": "a/b", "children": 4, **changes})


def test_named_areas_are_shared_out() -> None:
    names = [f"area-{number}" for number in range(10)]
    parts = parts_of(request_of(areas=names, datetime_range="2023-01-01/2023-12-31"), TODAY)
    assert [len(part.areas) for part in parts] == [2, 3, 2, 3]
    assert [name for part in parts for name in part.areas] == names
    assert {part.datetime_range for part in parts} == {"2023-01-01/2023-12-31"}
    assert {(part.deployment, part.pictures, part.charts) for part in parts} == {(None, "none", False)}
    assert len({part.folder for part in parts}) == 4


def test_periods_of_a_single_area_are_shared_out_with_the_same_labels() -> None:
    whole = request_of(bbox=[0, 0, 1, 1], datetime_range="2023-01-15/2023-12-20")
    parts = parts_of(whole, TODAY)
    assert [period for part in parts for period in periods_of(part, TODAY)] == periods_of(whole, TODAY)
    recent = request_of(bbox=[0, 0, 1, 1], last=3)
    assert [p for part in parts_of(recent, TODAY) for p in periods_of(part, TODAY)] == periods_of(recent, TODAY)


def test_explicit_periods_stay_as_they_are() -> None:
    ranges = ["2023-01-01/2023-02-15", "2023-06-01/2023-06-10"]
    parts = parts_of(request_of(bbox=[0, 0, 1, 1], periods=ranges), TODAY)
    assert [part.periods for part in parts] == [[ranges[0]], [ranges[1]]]


def test_a_default_that_is_written_out_is_the_same_way() -> None:
    plain = request_of(areas=["a"], last=1)
    assert Way.of(plain).as_json() == Way.of(request_of(areas=["a"], last=1, max_cloud_cover=20.0)).as_json()
    assert digest(Way.of(plain).as_json()) == digest(
        Way.of(plain.model_copy(update={"max_cloud_cover": 20.0})).as_json()
    )
