"""From a product's file to files in a container and an Item that points to them."""

import pystac
import pytest
import requests
from filelock import FileLock
from pydantic import SecretStr
from rasterio.io import MemoryFile

from clients.blob import BlobContainer
from models.copernicus import Product
from models.errors import Stopped
from tasks.operation_watch import STOPPING
from tasks.product_staging import LOCK, UNPACKED, ProductStaging, remove_abandoned
from tasks.safe import UnreadableProduct
from tests.copernicus_products import downloaded, find_product
from tests.emulator.copernicus import DataSpace

STAGE = "staging/products"
BANDS = {"red", "green", "blue", "nir", "visual", "scl"}


@pytest.fixture
def space(emulator):
    return DataSpace(emulator.url)


@pytest.fixture
def sas(emulator):
    params = {"container": STAGE, "permissions": "rwcl"}
    return requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=60).json()["token"]


@pytest.fixture
def staging(emulator, space, sas):
    def make(convert=False):
        blobs = BlobContainer(f"{emulator.url}/planetary-computer/blob/{STAGE}", SecretStr(sas))
        return ProductStaging(blobs, convert, space.catalogue)

    return make


@pytest.fixture
def sentinel2(space, tmp_path):
    return downloaded(space, find_product(space, "S2B_MSIL2A_20240205", "SENTINEL-2"), tmp_path / "files")


def test_the_bands_of_a_sentinel_2_product_are_assets(staging, sentinel2, sas):
    item = staging().stage(sentinel2)
    assert item["id"] == "S2B_T27VVL_20240205T131151_L2A"
    assert set(item["assets"]) >= BANDS | {"product_metadata", "safe_manifest"}
    for asset in item["assets"].values():
        answer = requests.get(f"{asset['href']}?{sas}", timeout=60)
        assert len(answer.content) == asset["file:size"]
        assert answer.headers["Content-Type"] == asset["type"]
    assert item["assets"]["red"]["type"] == "image/jp2"
    assert f"/copernicus/SENTINEL-2/{sentinel2.product.name}/GRANULE/" in item["assets"]["red"]["href"]
    assert item["properties"]["copernicus:product_id"] == sentinel2.product.product_id
    pystac.Item.from_dict(item)


def test_converted_bands_are_cogs_and_say_so(staging, sentinel2, sas):
    item = staging(convert=True).stage(sentinel2)
    red = item["assets"]["red"]
    assert red["href"].endswith(".tif")
    assert red["type"] == "image/tiff; application=geotiff; profile=cloud-optimized"
    content = requests.get(f"{red['href']}?{sas}", timeout=60).content
    with MemoryFile(content) as file, file.open() as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert not [asset for asset in item["assets"].values() if asset["type"] == "image/jp2"]


def test_nothing_is_sent_twice_and_nothing_stays_unpacked(staging, sentinel2, tmp_path):
    first, again = staging(convert=True), staging(convert=True)
    item = first.stage(sentinel2)
    assert again.stage(sentinel2) == item
    assert first.sent > 0 and again.sent == 0
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == [
        sentinel2.product.file_name,
        f"{sentinel2.product.file_name}.json",
    ]


@pytest.mark.parametrize(
    ("part", "collection", "media_type"),
    [
        ("S3A_OL_1_EFR", "SENTINEL-3", "application/zip"),
        ("S1A_IW_GRDH", "SENTINEL-1", "application/zip"),
        ("S5P_OFFL", "SENTINEL-5P", "application/x-netcdf"),
    ],
)
def test_other_products_are_one_asset(staging, space, tmp_path, part, collection, media_type):
    file = downloaded(space, find_product(space, part, collection), tmp_path)
    item = staging().stage(file)
    (asset,) = item["assets"].values()
    assert asset["type"] == media_type
    assert asset["file:size"] == file.size
    assert asset["file:checksum"] == f"d50110{file.product.md5}"
    assert item["geometry"]["type"] in ("Polygon", "MultiPolygon")


def test_a_product_that_lacks_what_its_metadata_name_is_refused(staging, sentinel2, tmp_path):
    import zipfile

    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(sentinel2.path) as whole, zipfile.ZipFile(broken, "w") as part:
        for name in whole.namelist():
            if "_B04_10m" not in name:
                part.writestr(name, whole.read(name))
    with pytest.raises(UnreadableProduct, match="lacks the files of red"):
        staging().stage(sentinel2.model_copy(update={"path": str(broken)}))


@pytest.mark.parametrize("convert", [True, False])
def test_staging_ends_between_files_when_the_process_is_asked_to_stop(staging, sentinel2, monkeypatch, convert):
    stage, put, sent = staging(convert), BlobContainer.put, []

    def then_stop(self, path, *rest):
        sent.append(path)
        STOPPING.set()
        return put(self, path, *rest[:2])

    monkeypatch.setattr(BlobContainer, "put", then_stop)
    try:
        with pytest.raises(Stopped):
            stage.stage(sentinel2)
    finally:
        STOPPING.clear()
    assert len(sent) == 1


def test_an_upload_of_a_product_heeds_a_stop(staging, space, tmp_path):
    file = downloaded(space, find_product(space, "S5P_OFFL", "SENTINEL-5P"), tmp_path)
    STOPPING.set()
    try:
        with pytest.raises(Stopped, match="was staged"):
            staging().stage(file)
    finally:
        STOPPING.clear()


def test_a_product_without_footprint_makes_no_item(staging, sentinel2):
    bare: Product = sentinel2.product.model_copy(update={"footprint": None, "attributes": {}})
    with pytest.raises(ValueError, match="no footprint"):
        staging().stage(sentinel2.model_copy(update={"product": bare}))


def test_what_a_killed_run_left_unpacked_is_removed_and_what_is_in_use_is_not(tmp_path):
    for name in ("killed", "used"):
        (tmp_path / f"{name}{UNPACKED}" / "product").mkdir(parents=True)
        (tmp_path / f"{name}{UNPACKED}" / LOCK).touch()
    with FileLock(tmp_path / f"used{UNPACKED}" / LOCK):
        remove_abandoned(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [f"used{UNPACKED}"]
