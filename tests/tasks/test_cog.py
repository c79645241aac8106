"""Converted bands have the same values, and are what their media type says."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from tasks.cog import NotConverted, convert_to_cog


@pytest.fixture
def band(tmp_path):
    values = np.random.default_rng(1).integers(0, 10_000, (1, 1100, 1100), dtype="uint16")
    path = tmp_path / "T27VVL_20240204T131201_B04_10m.jp2"
    profile = {"driver": "JP2OpenJPEG", "width": 1100, "height": 1100, "count": 1, "dtype": "uint16"}
    place = {"crs": "EPSG:32627", "transform": from_origin(399960, 7100040, 10, 10)}
    with rasterio.open(path, "w", **profile, **place, QUALITY="100", REVERSIBLE="YES") as file:
        file.write(values)
    return path


def test_the_values_and_the_place_stay(band, tmp_path):
    convert_to_cog(band, tmp_path / "b.tif")
    with rasterio.open(band) as before, rasterio.open(tmp_path / "b.tif") as after:
        assert np.array_equal(before.read(), after.read())
        assert (before.crs, before.transform) == (after.crs, after.transform)
        assert after.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert after.overviews(1) and after.block_shapes == [(512, 512)]


def test_the_same_band_gives_the_same_bytes(band, tmp_path):
    for name in ("a.tif", "b.tif"):
        convert_to_cog(band, tmp_path / name)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_what_is_no_raster_is_said_and_leaves_nothing(tmp_path):
    (tmp_path / "broken.jp2").write_bytes(b"\0\0\0\x0cjP  broken")
    with pytest.raises(NotConverted, match=r"broken\.jp2 cannot be converted"):
        convert_to_cog(tmp_path / "broken.jp2", tmp_path / "b.tif")
    assert not (tmp_path / "b.tif").exists()
