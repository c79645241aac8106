"""Sentinel-2 L2A products: SAFE zips whose rasters are those of the generated scenes."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from emulator.json_types import JsonDict
from emulator.upstreams.copernicus import sentinel2_xml
from emulator.upstreams.copernicus.bodies import Body, FileBody
from emulator.upstreams.copernicus.products import Facts, Product
from emulator.upstreams.copernicus.sentinel2_names import SceneFiles
from emulator.upstreams.copernicus.zips import write_zip


def sentinel2_products(content: Path, cache: Path) -> Iterator[Product]:
    """Yield one product for each generated scene.

    Args:
        content: folder of `ensure_content`.
        cache: where zips are kept; a zip is made (about a second) when its bytes are first needed.
    """
    for line in (content / "items.ndjson").read_bytes().splitlines():
        item = orjson.loads(line)
        if "s2:product_uri" in item["properties"]:
            yield _product(item, content / "blobs", cache)


def _product(item: JsonDict, blobs: Path, cache: Path) -> Product:
    def make_body() -> Body:
        return FileBody(_made(SceneFiles(item), blobs, cache))

    return Product(_facts(item), make_body)


def _facts(item: JsonDict) -> Facts:
    properties = item["properties"]
    start = sentinel2_xml.start_of(item)
    made = datetime.fromisoformat(properties["s2:generation_time"])
    return Facts(
        name=properties["s2:product_uri"],
        collection="SENTINEL-2",
        start=start,
        end=start,
        geometry=item["geometry"],
        folder=f"/eodata/Sentinel-2/MSI/L2A/{start:%Y/%m/%d}",
        attributes=_attributes(properties, made),
        delay=made - start + timedelta(minutes=38, seconds=21.123456),
    )


def _attributes(properties: JsonDict, made: datetime) -> dict[str, Any]:
    datatake = str(properties["s2:datatake_id"])
    return {
        "tileId": properties["s2:mgrs_tile"],
        "cloudCover": float(properties["eo:cloud_cover"]),
        "datastripId": properties["s2:datastrip_id"],
        "orbitNumber": int(datatake.split("_")[2]),
        "sourceProduct": f"{properties['s2:granule_id']},{properties['s2:datastrip_id']}",
        "processingDate": made,
        "productGroupId": datatake,
        "operationalMode": properties["s2:datatake_type"],
        "processingLevel": properties["s2:product_type"],
        "processorVersion": properties["s2:processing_baseline"],
        "granuleIdentifier": properties["s2:granule_id"],
        "platformShortName": "SENTINEL-2",
        "instrumentShortName": "MSI",
        "relativeOrbitNumber": int(properties["sat:relative_orbit"]),
        "platformSerialIdentifier": properties["platform"][-1],
        "productType": properties["s2:product_type"],
    }


def _made(scene: SceneFiles, blobs: Path, cache: Path) -> Path:
    """Return the zip, writing it aside first: several processes may share the cache."""
    final = cache / f"{scene.product}.zip"
    if not final.exists():
        cache.mkdir(parents=True, exist_ok=True)
        handle, making = tempfile.mkstemp(dir=cache, suffix=".making")
        try:
            with os.fdopen(handle, "wb") as file:
                write_zip(file, _members(scene, blobs))
            Path(making).replace(final)
        finally:
            Path(making).unlink(missing_ok=True)
    return final


def _members(scene: SceneFiles, blobs: Path) -> Iterator[tuple[str, bytes]]:
    root, granule, datastrip = scene.product, scene.granule, scene.datastrip
    yield f"{root}/manifest.safe", sentinel2_xml.manifest_xml(scene)
    yield f"{root}/MTD_MSIL2A.xml", sentinel2_xml.product_xml(scene)
    yield f"{root}/INSPIRE.xml", sentinel2_xml.small_xml(scene, "inspire")
    yield f"{root}/{datastrip}/MTD_DS.xml", sentinel2_xml.small_xml(scene, "datastrip")
    yield f"{root}/{granule}/MTD_TL.xml", sentinel2_xml.granule_xml(scene)
    for key, path in scene.images().items():
        yield f"{root}/{path}.jp2", _jp2(blobs / scene.source(key))
    yield f"{root}/{scene.preview}.jp2", _jp2(blobs / scene.source("preview"))


def _jp2(geotiff: Path) -> bytes:
    """Encode a raster without loss, with its place on Earth."""
    import rasterio  # late: 0.3 s of start-up that most runs never need
    from rasterio.io import MemoryFile

    with rasterio.open(geotiff) as raster:
        pixels, profile = raster.read(), raster.profile
    wanted = {name: profile[name] for name in ("dtype", "count", "width", "height", "crs", "transform")}
    lossless = {"QUALITY": "100", "REVERSIBLE": "YES", "YCBCR420": "NO", "RESOLUTIONS": "3"}
    with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_PAM_ENABLED="NO"), MemoryFile(ext=".jp2") as memory:
        with memory.open(driver="JP2OpenJPEG", **wanted, **lossless) as raster:
            raster.write(pixels)
        return bytes(memory.read())
