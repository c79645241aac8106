"""Converted bands have the same values, and are what their media type says."""

import errno
import resource
import subprocess
import sys

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from clients.copernicus.disk import NoSpace
from tasks import cog
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


def test_a_damaged_raster_is_said_and_leaves_nothing(band, tmp_path):
    band.write_bytes(band.read_bytes()[: band.stat().st_size // 2])
    with pytest.raises(NotConverted, match=r"_B04_10m\.jp2 cannot be converted"):
        convert_to_cog(band, tmp_path / "b.tif")
    assert not (tmp_path / "b.tif").exists()


def test_a_target_that_cannot_be_written_is_said(band, tmp_path):
    (tmp_path / "b.tif").mkdir()
    with pytest.raises(NotConverted, match="Is a directory"):
        convert_to_cog(band, tmp_path / "b.tif")


def test_a_file_that_grows_too_large_is_said_and_leaves_nothing(band, tmp_path):
    """In a process of its own, which may write no file above a megabyte."""
    program = (
        "import sys; from pathlib import Path; from tasks.cog import NotConverted, convert_to_cog\n"
        "try: convert_to_cog(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except NotConverted as error: print(error)"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    command = [sys.executable, "-c", program, str(band), str(tmp_path / "b.tif")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=limit)
    assert "cannot be converted" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == [band.name]


def test_a_full_disk_is_no_fault_of_the_raster(band, tmp_path, monkeypatch):
    def full(descriptor, offset, length):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "b.tif").symlink_to("/dev/full")
    monkeypatch.setattr(cog.os, "posix_fallocate", full)
    with pytest.raises(NoSpace, match="make room, then run the same request again"):
        convert_to_cog(band, tmp_path / "b.tif")
    assert not (tmp_path / "b.tif").is_symlink()
