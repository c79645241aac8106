"""Where the blobs of a scene lie, in the layout of the Planetary Computer's storage account."""

from datetime import timedelta

from emulator.content.assets import METADATA, Raster, rasters
from emulator.content.grid import MGRS_TILE
from emulator.content.scenes import Scene, compact

ACCOUNT, CONTAINER = "sentinel2l2a01", "sentinel2-l2"
THUMBNAIL_PATH = "pc_thumbnails/sentinel-2.png"


def asset_paths(scene: Scene) -> dict[str, str]:
    """Blob path in the container by asset key, dynamic assets apart."""
    granule = _granule(scene)
    paths = {raster.key: f"{granule}/IMG_DATA/{raster_file(scene, raster)}" for raster in rasters()}
    paths["preview"] = f"{granule}/QI_DATA/{_stem(scene)}_PVI.tif"
    return paths | {key: _metadata_path(scene, key) for key, _ in METADATA}


def raster_file(scene: Scene, raster: Raster) -> str:
    """`R10m/T27VVL_20240205T131149_B04_10m.tif`."""
    return f"R{raster.gsd}m/{_stem(scene)}_{raster.file_name}_{raster.gsd}m.tif"


def blob_url(account: str, container: str, path: str) -> str:
    """The URL on Azure's host, which is rewritten when the content is loaded."""
    return f"https://{account}.blob.core.windows.net/{container}/{path}"


def _product(scene: Scene) -> str:
    zone, square = f"{MGRS_TILE[:2]}/{MGRS_TILE[2]}", MGRS_TILE[3:]
    return f"{zone}/{square}/{scene.start:%Y/%m/%d}/{scene.product_name}"


def _granule(scene: Scene) -> str:
    return f"{_product(scene)}/GRANULE/{scene.granule_name}"


def _stem(scene: Scene) -> str:
    return f"T{MGRS_TILE}_{compact(scene.start)}"


def _metadata_path(scene: Scene, key: str) -> str:
    made, sensed = compact(scene.generated + timedelta(seconds=1)), compact(scene.sensed)
    return {
        "safe-manifest": f"{_product(scene)}/manifest.safe",
        "granule-metadata": f"{_granule(scene)}/MTD_TL.xml",
        "inspire-metadata": f"{_product(scene)}/INSPIRE.xml",
        "product-metadata": f"{_product(scene)}/MTD_MSIL2A.xml",
        "datastrip-metadata": f"{_product(scene)}/DATASTRIP/DS_MSFT_{made}_S{sensed}/MTD_DS.xml",
    }[key]
