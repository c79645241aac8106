"""Products of the Copernicus Data Space: real zips, read by programs that others wrote."""

import hashlib
import io
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio
import requests
from blake3 import blake3
from stactools.sentinel2.stac import create_item

from emulator.upstreams.copernicus.bodies import LargeBody
from tests.emulator.copernicus import DataSpace

SCENE = "S2B_MSIL2A_20240205T131149"


def checksums(product: dict) -> dict[str, str]:
    return {entry["Algorithm"]: entry["Value"] for entry in product["Checksum"]}


@pytest.fixture
def unpacked(data_space: DataSpace, tmp_path: Path) -> Path:
    product = data_space.product(SCENE)
    with zipfile.ZipFile(io.BytesIO(data_space.download(product).content)) as archive:
        archive.extractall(tmp_path)
    return tmp_path / product["Name"]


@pytest.mark.parametrize("part", [SCENE, "S1A_IW_GRDH", "S3A_OL_1_EFR", "S3A_SL_2_LST", "S5P", "AUX_POEORB"])
def test_a_download_is_what_the_catalogue_says(data_space: DataSpace, part: str) -> None:
    product = data_space.product(part)
    response = data_space.download(product)
    assert response.status_code == 200
    assert len(response.content) == product["ContentLength"] == int(response.headers["Content-Length"])
    md5 = hashlib.md5(response.content, usedforsecurity=False).hexdigest()
    assert checksums(product) == {"MD5": md5, "BLAKE3": blake3(response.content).hexdigest()}
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    assert all(name.startswith(product["Name"]) for name in archive.namelist())


def test_stactools_makes_an_item_of_a_sentinel_2_product(unpacked: Path) -> None:
    item = create_item(str(unpacked))
    assert item.id == "S2B_T27VVL_20240205T131151_L2A"
    assert {"red", "green", "blue", "nir", "scl", "visual", "preview", "granule_metadata"} <= item.assets.keys()
    missing = [asset.href for asset in item.assets.values() if not Path(asset.href).exists()]
    assert missing == []
    assert item.properties["proj:code"] == "EPSG:32627"
    assert item.properties["eo:cloud_cover"] == pytest.approx(1.9, abs=0.5)
    for key in ("red", "rededge1", "coastal"):
        with rasterio.open(item.assets[key].href) as raster:
            assert (raster.driver, list(raster.shape)) == ("JP2OpenJPEG", item.assets[key].extra_fields["proj:shape"])
            assert list(raster.transform)[:6] == item.assets[key].extra_fields["proj:transform"][:6]


def test_its_pixels_are_those_of_the_planetary_computers_scene(data_space: DataSpace, unpacked: Path) -> None:
    root = f"{data_space.url}/planetary-computer/api"
    found = requests.get(f"{root}/stac/v1/search", params={"collections": "sentinel-2-l2a", "limit": 1000}, timeout=60)
    scene = next(item for item in found.json()["features"] if item["id"].startswith(SCENE))
    for key, ending in (("B04", "B04_10m"), ("SCL", "SCL_20m"), ("visual", "TCI_10m")):
        href = scene["assets"][key]["href"]
        account, container = urlsplit(href).path.split("/")[3:5]
        token = requests.get(f"{root}/sas/v1/token/{account}/{container}", timeout=60).json()["token"]
        blob = requests.get(f"{href}?{token}", timeout=60).content
        with (
            rasterio.MemoryFile(blob) as file,
            file.open() as cog,
            rasterio.open(next(unpacked.rglob(f"*_{ending}.jp2"))) as jp2,
        ):
            assert np.array_equal(cog.read(), jp2.read())
            assert (cog.transform, cog.crs) == (jp2.transform, jp2.crs)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_netcdf_members_are_read_by_gdal(data_space: DataSpace, tmp_path: Path) -> None:
    content = data_space.download(data_space.product("S3A_OL_1_EFR")).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = next(name for name in archive.namelist() if name.endswith("Oa08_radiance.nc"))
        file = tmp_path / "radiance.nc"
        file.write_bytes(archive.read(member))
    assert file.read_bytes()[:4] == b"CDF\x01"
    with rasterio.open(file) as raster:
        assert raster.shape == (128, 128)
        assert 0 <= raster.read(1).min() < raster.read(1).max() <= 100


def test_large_products_are_valid_zips_without_disk(tmp_path: Path) -> None:
    body = LargeBody("a/b.bin", 5_000_000)
    whole = body.read(0, body.size)
    assert len(whole) == body.size == 5_000_000
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None
    for first, length in ((0, 10), (30, 2_000_000), (1_048_580, 20), (4_999_900, 100), (4_999_990, 100), (17, 1)):
        assert body.read(first, length) == whole[first : first + length]
