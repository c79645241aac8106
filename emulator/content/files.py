"""Writes one scene's blobs: COGs, small XML documents, and the public thumbnail."""

from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.io import MemoryFile

from emulator.content import paths
from emulator.content.assets import BANDS, METADATA, rasters
from emulator.content.grid import EPSG, GRIDS, PREVIEW_GRID, Grid
from emulator.content.pixels import Raster, ScenePixels, render_pixels
from emulator.content.public_containers import PUBLIC_ACCOUNT, PUBLIC_CONTAINER
from emulator.content.scenes import Scene

GSD_BY_BAND = {band.name: band.gsd for band in BANDS}


def write_scene(scene: Scene, blobs: Path) -> ScenePixels:
    """Write every blob of a scene below `blobs/{account}/{container}/`.

    Reproducible: the same bytes on every run with the same GDAL.
    """
    pixels = render_pixels(scene, GSD_BY_BAND)
    container = blobs / paths.ACCOUNT / paths.CONTAINER
    blob_paths = paths.asset_paths(scene)
    grids = {raster.key: GRIDS[raster.gsd] for raster in rasters()} | {"preview": PREVIEW_GRID}
    for key, array in pixels.rasters.items():
        _write(container / blob_paths[key], cog_bytes(array, grids[key], categorical=key == "SCL"))
    for key, title in METADATA:
        _write(container / blob_paths[key], _xml(scene, title))
    return pixels


def write_thumbnail(pixels: ScenePixels, blobs: Path) -> None:
    """Write the Collection's thumbnail, a PNG of the true color image, to its public container."""
    file = blobs / PUBLIC_ACCOUNT / PUBLIC_CONTAINER / paths.THUMBNAIL_PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.moveaxis(pixels.rasters["visual"], 0, -1))
    picture.resize((480, 480), Image.Resampling.LANCZOS).save(file, optimize=True)


def cog_bytes(array: Raster, grid: Grid, *, categorical: bool = False) -> bytes:
    """Encode (bands, rows, columns) as a cloud-optimized GeoTIFF; 0 is no data."""
    bands, rows, columns = array.shape
    profile = {
        "driver": "COG",
        "dtype": array.dtype.name,
        "count": bands,
        "height": rows,
        "width": columns,
        "crs": f"EPSG:{EPSG}",
        "transform": grid.transform,
        "nodata": 0,
        "compress": "DEFLATE",
        "predictor": "NO" if categorical else "YES",
        "blocksize": 256,
        "overview_resampling": "NEAREST" if categorical else "AVERAGE",
        "interleave": "PIXEL",
    }
    with rasterio.Env(GDAL_NUM_THREADS="1"), MemoryFile() as memory:
        with memory.open(**profile) as raster:
            raster.write(array)
        return bytes(memory.read())


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _xml(scene: Scene, title: str) -> bytes:
    """A short document with the names and times of the scene; not ESA's full schema."""
    lines = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<synthetic-scene document="{title}">',
        f"  <PRODUCT_URI>{scene.product_name}</PRODUCT_URI>",
        f"  <SENSING_TIME>{scene.sensed.isoformat()}</SENSING_TIME>",
        f"  <GENERATION_TIME>{scene.generated.isoformat()}</GENERATION_TIME>",
        "  <PROCESSING_BASELINE>05.10</PROCESSING_BASELINE>",
        f"  <SENSING_ORBIT_NUMBER>{scene.orbit}</SENSING_ORBIT_NUMBER>",
        "</synthetic-scene>",
    )
    return ("\n".join(lines) + "\n").encode()
