"""Areas are measured on the pixels of the Item."""

import pytest
from rasterio.warp import transform_geom

from models.area import bounds_of
from stac.measuring_grid import MAX_SIDE, measuring_grid
from tests.stac.test_pixel_grid import box, item

NDVI = "(B08-B04)/(B08+B04)"


def test_small_areas_are_measured_finely_and_large_ones_coarsely():
    _, small = measuring_grid(box(-22.42, 63.85, -22.41, 63.855), item(), NDVI)
    assert small.pixel == 10 / 8
    assert small.share == 1 / 64
    _, middle = measuring_grid(box(-22.5, 63.8, -22.3, 63.9), item(), NDVI)
    assert middle.pixel == 10
    _, large = measuring_grid(box(-23.5, 63.2, -21.5, 64.1), item(), NDVI)
    assert max(large.width, large.height) <= MAX_SIDE
    assert large.pixel == 30


@pytest.mark.parametrize(("expression", "metres"), [(NDVI, 10), ("where(SCL==4,B08,0)", 20), ("B8A/B01", 60)])
@pytest.mark.parametrize("east", [-22.41, -22.0, -21.5])
def test_the_polygon_reaches_to_edges_of_the_coarsest_pixels(expression, metres, east):
    field = box(-22.42, 63.85, east, 63.86)
    polygon, grid = measuring_grid(field, item(), expression)
    left, bottom, right, top = bounds_of(polygon)
    assert all(abs(edge / metres - round(edge / metres)) < 0.001 for edge in (left, bottom, right, top))
    assert (grid.width * grid.pixel, grid.height * grid.pixel) == pytest.approx((right - left, top - bottom), abs=0.01)


def test_an_area_whose_edges_are_edges_of_pixels_stays_as_large_as_it_is():
    square = [[500_000, 7_000_020], [500_600, 7_000_020], [500_600, 7_000_620], [500_000, 7_000_620]]
    field = transform_geom("EPSG:32627", "EPSG:4326", {"type": "Polygon", "coordinates": [[*square, square[0]]]})
    _, grid = measuring_grid(field, item(), NDVI)
    assert 60 <= grid.width * grid.pixel / 10 <= 62  # to degrees and back, the last digit may be another
