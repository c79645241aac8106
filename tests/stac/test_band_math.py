import numexpr
import numpy as np
import pytest

from models.spectral_index import SpectralIndex
from stac.band_math import counting_expression, index_expression

NDVI = SpectralIndex.named("ndvi")
OLD, NEW = ({"s2:processing_baseline": baseline} for baseline in ("03.01", "05.10"))


def item(**properties):
    return {"id": "i", "properties": properties}


@pytest.mark.parametrize(
    ("properties", "offset"),
    [
        ({"s2:processing_baseline": "05.10"}, 1000),
        ({"s2:processing_baseline": "04.00"}, 1000),
        ({"s2:processing_baseline": "03.01"}, 0),
        ({"datetime": "2022-01-24T10:00:00Z"}, 0),
        ({"datetime": "2022-01-25T10:00:00Z"}, 1000),
    ],
)
def test_reflectances_follow_from_the_processing_baseline(properties, offset):
    found = index_expression(SpectralIndex.named("B04 / B8A"), item(**properties), 0)
    value = f"((B04-{offset}.0)/10000.0)/((B8A-{offset}.0)/10000.0)"
    assert found == f"where((abs({value})<1000000000.0),{value},0.0)"


def test_classes_are_not_scaled():
    index = SpectralIndex.named("where(SCL==4, B08, 0)")
    assert "where(SCL==4,((B08-1000.0)/10000.0),0)" in index_expression(index, item(**NEW), 0)
    assert counting_expression(NDVI, item(datetime="2023-01-01"), clear_only=True).count(";") == 4


def evaluated(expression, **numbers):
    """Evaluate as the tiler does: numexpr over all pixels at once, infinity and NaN replaced."""
    names = {key.lower(): np.array([value], np.uint16) for key, value in numbers.items()}
    return float(np.nan_to_num(numexpr.evaluate(expression.lower(), local_dict=names))[0])


@pytest.mark.parametrize(
    ("b08", "b04", "properties", "expected"),
    [
        (3000, 2000, NEW, 1 / 3),
        (3000, 2000, OLD, 1 / 5),
        (1010, 990, NEW, -7),  # the sum is 0
        (1000, 1000, NEW, -7),
        (900, 1050, NEW, -7),  # the sum is negative
        (990, 1200, NEW, -1),  # the infrared is a little below 0
        (1200, 990, NEW, 1),
        (0, 0, OLD, -7),
    ],
)
@pytest.mark.parametrize("expression", ["ndvi", "(B08 - B04)/(B04 + B08)"])
def test_a_normalized_difference_is_within_its_limits_or_undefined(expression, b08, b04, properties, expected):
    found = index_expression(SpectralIndex.named(expression), item(**properties), -7)
    assert evaluated(found, B08=b08, B04=b04) == pytest.approx(expected)


@pytest.mark.parametrize("index", ["B08/B04", "sqrt(B04-0.1)", "log(B04)", "B08/B04**2-1/B04"])
def test_infinity_and_nan_are_undefined_in_any_expression(index):
    found = index_expression(SpectralIndex.named(index), item(**NEW), -7)
    assert evaluated(found, B08=3000, B04=1000) == -7
    assert evaluated(found, B08=3000, B04=2500) != -7


def test_a_pixel_without_a_value_counts_in_no_band():
    bands = counting_expression(NDVI, item(**NEW), clear_only=False).split(";")
    assert [evaluated(band, B08=1010, B04=990) for band in bands] == [0, 0, 0, 1e9, -1e9]
    bands = counting_expression(NDVI, item(**NEW), clear_only=True).split(";")
    assert [evaluated(band, B08=1010, B04=990, SCL=4) for band in bands] == [0, 0, 0, 1e9, -1e9]
    assert evaluated(bands[1], B08=3000, B04=2000, SCL=9) == 0
    assert evaluated(bands[1], B08=3000, B04=2000, SCL=4) == 1
