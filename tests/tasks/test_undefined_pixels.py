"""Pixels of which an index has no value, or none between -1 and 1: what the tiler makes of them, against numpy."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.warp import transform_bounds, transform_geom

from emulator.server import EmulatorServer
from models.area_statistics import Candidate, Period, Provider
from models.spectral_index import SpectralIndex
from tests.conftest import LocalGeoCatalog
from tests.tasks.measured_areas import area, box
from tests.tasks.test_statistics_edges import flat_raster, item_at_antimeridian, upload

SIDE = 24
"""Pixels; the area is a frame of them in from the edge."""
CORNER = (301_200.0, 8_109_600.0)
"""Lower left in UTM zone 60 S, on the grid of 60 m."""
FRAME = 6
NEAR, FAR = 1010, 990
"""Digital numbers whose reflectances have the sum 0."""
DAY = Period(label="2023-01", start=date(2023, 1, 1), end=date(2023, 1, 31))
Field = NDArray[np.float64]


def numbers() -> dict[str, Field]:
    """Digital numbers of a meadow with a few dark pixels in its middle."""
    random = np.random.default_rng(7)
    bands = {key: random.integers(1500, 4000, (SIDE, SIDE)) for key in ("B02", "B03", "B04", "B08")}
    for at, (b03, b04, b08) in enumerate(
        [
            (FAR, FAR, NEAR),  # the sum is 0: no index has a value
            (1000, 1000, 1000),  # 0 / 0
            (980, 985, 1005),  # the sum is negative
            (1400, 1300, 995),  # water: negative in the near infrared, and -1 or 1 by either index
        ]
    ):
        for key, value in (("B03", b03), ("B04", b04), ("B08", b08)):
            bands[key][10, 8 + at] = value
    bands["B02"][12, 12], bands["B04"][12, 12], bands["B08"][12, 12] = 7000, 5900, 6600  # EVI divides by 0
    return {**bands, "SCL": np.full((SIDE, SIDE), 4)}


def expected(one: Field, other: Field) -> Field:
    """Return a normalized difference of the area's pixels that have one."""
    inside = np.s_[FRAME:-FRAME, FRAME:-FRAME]
    first, second = ((band[inside].astype(np.float64) - 1000) / 10_000 for band in (one, other))
    has_value = np.round(first + second, 6) > 0
    found: Field = (first[has_value] - second[has_value]) / (first[has_value] + second[has_value])
    return np.clip(found, -1, 1)


@pytest.fixture
def dark(geocatalog: Provider, catalog: LocalGeoCatalog, server: EmulatorServer) -> tuple[Any, Candidate]:
    """An area with dark pixels, and the Item that shows it."""
    left, bottom = CORNER
    bounds = (left, bottom, left + 10 * SIDE, bottom + 10 * SIDE)
    hrefs = {
        key: upload(catalog, f"{key}.tif", flat_raster(bounds, values[np.newaxis])) for key, values in numbers().items()
    }
    bbox = list(transform_bounds("EPSG:32760", "EPSG:4326", *bounds))
    server.state.catalog.put_items([item_at_antimeridian(hrefs, bbox)])
    inner = (left + 10 * FRAME, bottom + 10 * FRAME, bounds[2] - 10 * FRAME, bounds[3] - 10 * FRAME)
    where = area("dark", transform_geom("EPSG:32760", "EPSG:4326", box(*inner)))
    (found,) = geocatalog.find_best_items(where, [DAY], 100)
    assert found
    return where, found


@pytest.mark.parametrize("clear_only", [False, True])
@pytest.mark.parametrize(
    ("index", "one", "other"),
    [("ndvi", "B08", "B04"), ("ndwi", "B03", "B08"), ("(B03 - B04) / (B04 + B03)", "B03", "B04")],
)
def test_pixels_without_a_normalized_difference_do_not_count(
    geocatalog: Provider, dark: tuple[Any, Candidate], index: str, one: str, other: str, clear_only: bool
):
    where, candidate = dark
    truth = expected(numbers()[one], numbers()[other])
    found = geocatalog.statistics(where, candidate, SpectralIndex.named(index), clear_only=clear_only)
    pixels = (SIDE - 2 * FRAME) ** 2
    assert truth.size < pixels
    assert found.count == pytest.approx(truth.size, abs=0.2)
    assert found.valid_percent == pytest.approx(100 * truth.size / pixels, abs=0.2)
    assert (found.mean, found.std) == pytest.approx((truth.mean(), truth.std()), abs=0.001)
    assert found.median == pytest.approx(np.median(truth), abs=0.01)
    assert (found.min, found.max) == pytest.approx((truth.min(), truth.max()), abs=0.001)


@pytest.mark.parametrize("index", ["B08/(B08+B04)", "1/(B08+B04)+sqrt(B08-B04-10)", "evi"])
def test_no_expression_gives_a_number_that_no_index_has(geocatalog: Provider, dark: tuple[Any, Candidate], index: str):
    where, candidate = dark
    found = geocatalog.statistics(where, candidate, SpectralIndex.named(index), clear_only=False)
    values = (found.mean, found.median, found.min, found.max, found.std)
    assert all(value is None or abs(value) < 10_000 for value in values)


def test_one_request_is_enough_where_every_pixel_has_a_value(
    geocatalog: Provider, dark: tuple[Any, Candidate], catalog: LocalGeoCatalog
):
    where, candidate = dark
    catalog.forget_requests()
    geocatalog.statistics(where, candidate, SpectralIndex.named("savi"), clear_only=False)
    assert catalog.count("POST", "statistics") == 1
    geocatalog.statistics(where, candidate, SpectralIndex.named("ndvi"), clear_only=False)
    assert catalog.count("POST", "statistics") == 3  # a second one leaves the pixels without a value out
