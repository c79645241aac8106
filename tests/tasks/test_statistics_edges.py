"""Areas, indices and services that a provider cannot measure: one sentence, or an answer without a value."""

from typing import Any

import numpy as np
import pytest
import requests
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rasterio.warp import transform_bounds

from emulator.server import EmulatorServer
from models.area_statistics import Provider
from models.errors import InvalidRequest, RefusedError, SettingsMissing
from models.spectral_index import SpectralIndex
from tasks.connect import disconnect
from tasks.connect import observearth as observearth_client
from tasks.statistics_provider import open_provider
from tests.conftest import LocalGeoCatalog
from tests.tasks.measured_areas import COLLECTION, MONTHS, NDVI, SHAPES, area, box, measure, polygon
from tests.tasks.truth import Scenes

FIJI = {"B04": 2000, "B08": 4000, "SCL": 4}
"""Digital numbers whose NDVI is 0.5, of vegetation."""


def flat_raster(bounds: tuple[float, float, float, float], value: int | NDArray[Any]) -> bytes:
    left, bottom, right, top = bounds
    size = (round((right - left) / 10), round((top - bottom) / 10))
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "width": size[0], "height": size[1], "nodata": 0}
    with MemoryFile() as memory:
        with memory.open(**profile, crs="EPSG:32760", transform=from_bounds(*bounds, *size)) as raster:
            raster.write(np.full((1, size[1], size[0]), value, np.uint16))
        return bytes(memory.read())


def upload(catalog: LocalGeoCatalog, name: str, content: bytes) -> str:
    token = catalog.control("GET", "sas?container=fiji/scenes&permissions=rwcl&minutes=5")["token"]
    href = f"{catalog.url}/planetary-computer/blob/fiji/scenes/{name}"
    headers = {"x-ms-blob-type": "BlockBlob"}
    requests.put(f"{href}?{token}", data=content, headers=headers, timeout=60).raise_for_status()
    return href


def item_at_antimeridian(hrefs: dict[str, str], bbox: list[float]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "fiji",
        "collection": COLLECTION,
        "bbox": bbox,
        "geometry": box(*bbox),
        "properties": {"datetime": "2023-01-05T22:00:00Z", "eo:cloud_cover": 0, "proj:epsg": 32760},
        "assets": {key: {"href": href, "type": "image/tiff"} for key, href in hrefs.items()},
        "links": [],
    }


def test_no_imagery_is_no_error(geocatalog: Provider, observearth: Provider):
    elsewhere = area("elsewhere", polygon([[10, 50], [10.01, 50], [10.01, 50.01], [10, 50]]))
    (prepared,) = observearth.prepare([elsewhere])
    assert geocatalog.find_best_items(prepared, MONTHS, 100) == [None] * 12
    assert observearth.find_best_items(prepared, MONTHS, 100) == [None] * 12


def test_an_item_that_covers_half_of_an_area_says_so(geocatalog: Provider, catalog: LocalGeoCatalog):
    over_the_edge = box(-22.40, 63.84, -22.32, 63.87)  # the scenes end at -22.36
    truth = Scenes(catalog.url).measure("2023-07-15", "ndvi", over_the_edge)
    for clear_only in (False, True):
        found = measure(geocatalog, area("edge", over_the_edge), MONTHS[6], clear_only=clear_only)
        assert 40 < (found.valid_percent or 0) < 60
        assert found.mean == pytest.approx(truth.mean, abs=0.0003 if not clear_only else 0.01)


def test_ten_thousand_corners_are_sent_to_either(geocatalog: Provider, observearth: Provider):
    jagged = area("jagged", SHAPES["jagged"])
    ours, theirs = (measure(provider, jagged, MONTHS[6]).mean for provider in (geocatalog, observearth))
    assert ours == pytest.approx(theirs, abs=0.003)


def test_a_day_without_a_value_has_no_mean(observearth: Provider, catalog: LocalGeoCatalog):
    catalog.configure(observearth={"null_dates": ["2023-07-15"]})
    found = measure(observearth, area("field", SHAPES["plain"]), MONTHS[6])
    assert (found.mean, found.item_id[:19]) == (None, "S2A_MSIL2A_20230715")


@pytest.mark.parametrize(
    ("provider", "geometry", "said"),
    [
        ("geocatalog", polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), r"'x' is not valid: Self-intersection at"),
        ("observearth", polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), r"'x' is not valid: Self-intersection at"),
        (
            "geocatalog",
            {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[179, 0], [180, 0], [180, 1], [179, 0]]],
                    [[[-180, 0], [-179, 0], [-180, 1], [-180, 0]]],
                ],
            },
            "both sides of the antimeridian",
        ),
        ("observearth", SHAPES["two"], "has 2 polygons, and ObservEarth takes one"),
        ("observearth", polygon([[0, 0], [9, 0], [9, 9], [0, 0]]), r"does not take the area 'x'.*50000 hectares"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is(
    catalog: LocalGeoCatalog, provider: Any, geometry: dict[str, Any], said: str
):
    with pytest.raises(InvalidRequest, match=said):
        open_provider(provider, COLLECTION).prepare([area("x", geometry)])


def test_an_area_at_the_antimeridian_is_measured_on_its_side(
    geocatalog: Provider, catalog: LocalGeoCatalog, server: EmulatorServer
):
    west, south, east, north = 179.9, -17.0, 180.0, -16.9
    bounds = transform_bounds("EPSG:4326", "EPSG:32760", west, south, east, north)
    hrefs = {key: upload(catalog, f"{key}.tif", flat_raster(bounds, value)) for key, value in FIJI.items()}
    server.state.catalog.put_items([item_at_antimeridian(hrefs, [west, south, east, north])])
    here, there = area("east", box(179.92, -16.98, 180, -16.92)), area("west", box(-180, -16.98, -179.92, -16.92))
    (found,) = geocatalog.find_best_items(here, [MONTHS[0]], 100)
    assert found
    statistics = geocatalog.statistics(here, found, NDVI, clear_only=True)
    assert statistics.mean == pytest.approx(0.5)
    assert statistics.valid_percent == pytest.approx(100, abs=1)
    assert geocatalog.find_best_items(there, [MONTHS[0]], 100) == [None]


def test_a_missing_collection_is_named(catalog: LocalGeoCatalog):
    with pytest.raises(InvalidRequest, match="no Collection 'nowhere'"):
        open_provider("geocatalog", "nowhere").prepare([area("x", SHAPES["plain"])])


def test_geometries_are_created_once_and_found_by_name(observearth: Provider, catalog: LocalGeoCatalog):
    fields = [area("one", SHAPES["plain"]), area("two", SHAPES["hole"])]
    first = observearth.prepare(fields)
    again = observearth.prepare(fields)
    assert [field.provider_id for field in first] == [field.provider_id for field in again]
    assert catalog.count("POST", "/geometry/") == 2
    assert [(found.name, found.provider_id) for found in observearth.areas()] == [
        (field.name, field.provider_id) for field in first
    ]
    observearth_client().create_geometry("one", SHAPES["plain"])  # as two runs at once would
    assert observearth.prepare(fields)[0].provider_id == first[0].provider_id
    assert len({found.name for found in observearth.areas()}) == 3
    with pytest.raises(InvalidRequest, match="another polygon under the name 'one'"):
        observearth.prepare([area("one", SHAPES["hole"])])


def test_what_observearth_does_not_compute_is_refused_at_once(observearth: Provider, geocatalog: Provider):
    observearth.check(NDVI, clear_only=False)
    with pytest.raises(InvalidRequest, match="does not compute 'ndwi'"):
        observearth.check(SpectralIndex.named("ndwi"), clear_only=False)
    with pytest.raises(InvalidRequest, match="clear pixels only"):
        observearth.check(NDVI, clear_only=True)
    geocatalog.check(SpectralIndex.named("(B8A-B11)/(B8A+B11)"), clear_only=True)
    with pytest.raises(InvalidRequest, match="keeps no areas"):
        geocatalog.areas()


def test_an_item_without_the_bands_is_refused_with_the_tilers_words(geocatalog: Provider, server: EmulatorServer):
    (candidate,) = geocatalog.find_best_items(area("x", SHAPES["plain"]), [MONTHS[6]], 100)
    assert candidate
    item = server.state.catalog.get_item(COLLECTION, candidate.item_id) or {}
    bare = {**item, "assets": {key: asset for key, asset in item["assets"].items() if key != "B08"}}
    server.state.catalog.put_items([bare])
    with pytest.raises(RefusedError, match="b08"):
        geocatalog.statistics(area("x", SHAPES["plain"]), candidate, NDVI, clear_only=False)


def test_a_missing_key_names_the_setting(catalog: LocalGeoCatalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GEOCATALOG_OBSERVEARTH_API_KEY")
    monkeypatch.delenv("GEOCATALOG_URL")  # which ObservEarth does not need
    disconnect()
    with pytest.raises(SettingsMissing, match="GEOCATALOG_OBSERVEARTH_API_KEY is not set"):
        open_provider("observearth", COLLECTION)
