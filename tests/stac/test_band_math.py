import pytest

from models.spectral_index import SpectralIndex
from stac.band_math import clear_expression, reflectance_expression

NDVI = SpectralIndex.named("ndvi")


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
    found = reflectance_expression(SpectralIndex.named("B04 / B8A"), item(**properties))
    assert found == f"((B04-{offset}.0)/10000.0)/((B8A-{offset}.0)/10000.0)"


def test_classes_are_not_scaled():
    index = SpectralIndex.named("where(SCL==4, B08, 0)")
    found = reflectance_expression(index, item(**{"s2:processing_baseline": "05.10"}))
    assert found == "where(SCL==4,((B08-1000.0)/10000.0),0)"
    assert clear_expression(NDVI, item(datetime="2023-01-01")).count(";") == 4
