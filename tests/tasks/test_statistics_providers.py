"""Both providers of area statistics find what the COGs hold."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from models.area_statistics import Provider
from models.spectral_index import SpectralIndex
from tasks.connect import disconnect
from tasks.statistics_provider import open_provider
from tests.conftest import LocalGeoCatalog
from tests.tasks.measured_areas import AREAS, COLLECTION, FEBRUARY_2024, MONTHS, NDVI, SHAPES, area, measure
from tests.tasks.truth import Scenes

FEW = 50
"""Pixels in the gaps of clouds, whose edges weigh as much as they do."""


@pytest.mark.parametrize("aligns", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_tiler_finds_what_the_cogs_hold(geocatalog: Provider, catalog: LocalGeoCatalog, shape: str, aligns: bool):
    catalog.configure(tiler={"aligns": aligns})
    truth = Scenes(catalog.url).measure("2023-07-15", "ndvi", SHAPES[shape])
    found = measure(geocatalog, area(shape, SHAPES[shape]), MONTHS[6])
    assert found.mean == pytest.approx(truth.mean, abs=0.0003)
    assert found.median == pytest.approx(truth.median, abs=0.001)
    assert found.std == pytest.approx(truth.std, abs=0.0003)
    assert (found.min, found.max) == pytest.approx((truth.values.min(), truth.values.max()), abs=1e-6)
    assert found.count == pytest.approx(truth.count, rel=0.002)
    assert found.valid_percent == 100


@pytest.mark.parametrize("index", ["ndvi", "evi", "savi", "msavi"])
def test_every_index_is_computed_from_reflectances(
    geocatalog: Provider, observearth: Provider, catalog: LocalGeoCatalog, index: str
):
    truth = Scenes(catalog.url).measure("2023-06-15", index, SHAPES["hole"]).mean
    for provider in (geocatalog, observearth):
        named = SpectralIndex.named(index)
        found = measure(provider, area("field", SHAPES["hole"]), MONTHS[5], index=named)
        assert found.mean == pytest.approx(truth, abs=0.001)


def test_water_is_that_of_the_cogs(geocatalog: Provider, catalog: LocalGeoCatalog):
    water = SpectralIndex.named("ndwi")  # which ObservEarth does not compute
    for shape, month, day in (("plain", 6, "2023-07-15"), ("two", 5, "2023-06-15")):
        truth = Scenes(catalog.url).measure(day, "ndwi", SHAPES[shape])
        found = measure(geocatalog, area(shape, SHAPES[shape]), MONTHS[month], index=water)
        assert found.mean == pytest.approx(truth.mean, abs=0.0003)
        assert (found.min, found.max) == pytest.approx((truth.values.min(), truth.values.max()), abs=1e-6)
        assert found.count == pytest.approx(truth.count, rel=0.002)


@pytest.mark.parametrize("aligns", [True, False])
@pytest.mark.parametrize("month", [1, 9])
def test_clear_pixels_are_those_of_the_scene_classification(
    geocatalog: Provider, catalog: LocalGeoCatalog, month: int, aligns: bool
):
    catalog.configure(tiler={"aligns": aligns})
    day = {1: "2023-01-16", 9: "2023-09-13"}[month]
    scenes = Scenes(catalog.url)
    truth = scenes.measure(day, "ndvi", SHAPES["hole"], clear_only=True)
    everything = scenes.measure(day, "ndvi", SHAPES["hole"])
    found = measure(geocatalog, area("hole", SHAPES["hole"]), MONTHS[month - 1], clear_only=True)
    assert truth.count < 0.9 * everything.count  # or else the test could not fail
    assert abs(truth.mean - everything.mean) > 0.005
    assert found.mean == pytest.approx(truth.mean, abs=0.0003)
    assert found.median == pytest.approx(truth.median, abs=0.003)
    assert found.std == pytest.approx(truth.std, abs=0.0003)
    assert (found.min, found.max) == pytest.approx((truth.values.min(), truth.values.max()), abs=0.02)
    assert found.count == pytest.approx(truth.count, rel=0.005)
    assert found.valid_percent == pytest.approx(100 * truth.count / everything.count, abs=0.5)


@pytest.mark.long
def test_both_providers_agree_with_the_cogs_on_five_areas_in_twelve_months(
    geocatalog: Provider, observearth: Provider, catalog: LocalGeoCatalog
):
    scenes = Scenes(catalog.url)
    names = [path.stem for path in sorted(AREAS.glob("coast-*.geojson"))]
    assert len(names) == 5
    worst = [0.0, 0.0, 0.0]
    for where in observearth.prepare([area(name) for name in names]):
        for candidate in geocatalog.find_best_items(where, MONTHS, 100):
            assert candidate
            truth = scenes.measure(str(candidate.date), "ndvi", where.geometry or {}).mean
            ours = geocatalog.statistics(where, candidate, NDVI, clear_only=False).mean or 0
            theirs = observearth.statistics(where, candidate, NDVI, clear_only=False).mean or 0
            sky = scenes.measure(str(candidate.date), "ndvi", where.geometry or {}, clear_only=True)
            clear = geocatalog.statistics(where, candidate, NDVI, clear_only=True)
            assert clear.count == pytest.approx(sky.count, rel=0.003, abs=FEW)  # also where there is none
            unclear = abs((clear.mean or 0) - sky.mean) if sky.count > FEW else 0.0
            found = (abs(ours - truth), unclear, abs(theirs - ours))
            worst = [max(pair) for pair in zip(worst, found, strict=True)]
    assert max(worst[:2]) < 0.0005
    assert worst[2] < 0.01


def test_the_least_cloudy_item_of_each_period_is_found_by_both(
    geocatalog: Provider, observearth: Provider, catalog: LocalGeoCatalog
):
    periods = [MONTHS[1], MONTHS[6], FEBRUARY_2024]
    (field,) = observearth.prepare([area("field", SHAPES["hole"])])
    catalog.forget_requests()
    for provider in (geocatalog, observearth):
        found = provider.find_best_items(field, periods, 50)
        assert [candidate and str(candidate.date) for candidate in found] == [None, "2023-07-15", "2024-02-05"]
    assert catalog.count("POST", "/stac/search") == 1
    assert catalog.count("POST", "/s2/search/") <= 8


def test_a_search_that_is_cut_off_is_asked_in_parts(observearth: Provider, catalog: LocalGeoCatalog):
    (field,) = observearth.prepare([area("field", SHAPES["hole"])])
    catalog.configure(observearth={"search_cap": 5})
    assert None not in observearth.find_best_items(field, MONTHS, 100)


def test_pictures_are_transparent_beside_the_area(geocatalog: Provider, observearth: Provider):
    (lagoon,) = observearth.prepare([area("coast-lagoon-shore")])
    (candidate,) = geocatalog.find_best_items(lagoon, [MONTHS[6]], 100)
    assert candidate
    for provider in (geocatalog, observearth):
        data = provider.picture(lagoon, candidate, NDVI, size=200, rescale=(-0.2, 0.9), colormap="RdYlGn")
        image = Image.open(BytesIO(data)).convert("RGBA")
        pixels = np.asarray(image)
        middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
        assert middle[3] == 0  # the lagoon is a hole
        assert 0.4 < (pixels[..., 3] > 0).mean() < 0.6
        assert provider.name == "observearth" or max(image.size) == 200


def test_the_preview_version_is_asked_by_its_own_paths(
    geocatalog: Provider, catalog: LocalGeoCatalog, monkeypatch: pytest.MonkeyPatch
):
    expected = measure(geocatalog, area("field", SHAPES["hole"]), MONTHS[6])
    monkeypatch.setenv("GEOCATALOG_API_VERSION", "2025-04-30-preview")
    disconnect()
    preview = open_provider("geocatalog", COLLECTION)
    field = area("field", SHAPES["hole"])
    assert measure(preview, field, MONTHS[6]) == expected
    (candidate,) = preview.find_best_items(field, [MONTHS[6]], 100)
    assert candidate
    assert preview.picture(field, candidate, NDVI, size=50, rescale=(0, 1), colormap="viridis").startswith(b"\x89PNG")
    assert catalog.count("POST", "/data/collections/{collection_id}/items/{item_id}/crop") == 1
