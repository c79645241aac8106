import pytest

from models.errors import RefusedError
from stac.tiler_statistics import all_pixels, counted_pixels, has_undefined


def band(mean, **members):
    return {"mean": mean, "count": 200.0, "valid_percent": 80.0, "min": 0, "max": 0, **members}


def test_statistics_of_clear_pixels_follow_from_five_bands():
    # half of the pixels are clear: 50 of -0.2, 50 of 0.6
    values = [[50, 50], [-0.4, 0.2, 0.8]]
    ones = [[100, 100], [0.0, 0.6, 1.2]]
    bands = [
        band(0.1),
        band(0.5, histogram=ones),
        band(0.1),
        band(500, min=-0.2, histogram=values),
        band(-500, max=0.6),
    ]
    found = counted_pixels(bands)
    assert found["mean"] == pytest.approx(0.2)
    assert found["std"] == pytest.approx(0.4)
    assert (found["min"], found["max"], found["count"], found["valid_percent"]) == (-0.2, 0.6, 100, 40)
    assert found["median"] == pytest.approx(0.2)
    bands[3]["histogram"] = [[50, 10], [-0.4, 0.2, 0.8]]
    assert counted_pixels(bands)["median"] is None  # 40 of the 100 lie outside of it


def test_without_a_pixel_there_are_no_statistics():
    nothing = {"valid_percent": 0.0, "count": 0.0}
    assert all_pixels([band(None, count=0)]) == all_pixels([band(None, count=None)]) == nothing
    assert counted_pixels([band(None)] * 5) == nothing
    assert counted_pixels([band(0.0)] * 5) == nothing
    with pytest.raises(RefusedError, match="2 bands where 1"):
        all_pixels([band(0.1), band(0.2)])


def test_pixels_without_a_value_are_seen_by_the_greatest():
    assert has_undefined([band(1e7, max=1_000_000_000)])
    assert not has_undefined([band(0.1, max=0.9)])
    assert not has_undefined([band(None, max=None)])


@pytest.mark.parametrize("number", [1.8e308, float("inf"), float("nan"), -1e9])
@pytest.mark.parametrize("name", ["mean", "median", "std"])
def test_numbers_that_no_index_has_are_refused(name, number):
    values = {"median": 0.1, "std": 0.1, name: number}
    with pytest.raises(RefusedError, match=f"as the {name}, which no index has: a pixel divides by 0"):
        all_pixels([band(values.pop("mean", 0.1), **values)])


def test_a_mean_that_json_cannot_hold_is_refused():
    with pytest.raises(RefusedError, match="answered with nothing as the mean"):
        all_pixels([band(None, median=0.1, std=None)])


def test_sums_that_no_index_has_are_refused():
    ones = [[100, 100], [0.0, 0.6, 1.2]]
    bands = [band(1.8e308), band(0.5, histogram=ones), band(0.1), band(0, histogram=ones), band(0)]
    with pytest.raises(RefusedError, match="inf as the mean"):
        counted_pixels(bands)
