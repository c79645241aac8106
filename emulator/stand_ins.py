"""Small valid files that stand in for assets whose bytes the emulator does not have."""

import json
from functools import cache
from io import BytesIO
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image


class StandIn(NamedTuple):
    """Bytes and media type of a stand-in."""

    data: bytes
    content_type: str


CONTENT_TYPES = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".tiff": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".xml": "application/xml",
    ".safe": "application/xml",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


def content_type_of(path: str) -> str:
    """Media type by the path's extension."""
    return CONTENT_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")


def stand_in_for(path: str) -> StandIn:
    """Return the stand-in for a blob path; the same bytes on every call.

    A GeoTIFF covers the whole Earth, so that rendering any Item's area from it works.
    """
    return StandIn(
        _data(PurePosixPath(path).suffix.lower(), _is_true_color(path)),
        content_type_of(path),
    )


def _is_true_color(path: str) -> bool:
    name = PurePosixPath(path).stem.lower()
    return "tci" in name or "visual" in name


@cache
def _data(suffix: str, true_color: bool) -> bytes:
    if suffix in (".tif", ".tiff"):
        return _world_cog("uint8", 3) if true_color else _world_cog("uint16", 1)
    if suffix in (".xml", ".safe"):
        return b'<?xml version="1.0" encoding="UTF-8"?>\n<stand-in/>\n'
    if suffix in (".json", ".geojson"):
        return json.dumps({"type": "FeatureCollection", "features": []}).encode()
    if suffix in (".png", ".jpg", ".jpeg"):
        return _picture("PNG" if suffix == ".png" else "JPEG")
    return b"stand-in\n"


def _gradient(dtype: str, bands: int) -> NDArray[np.generic]:
    rows, columns = np.mgrid[0:64, 0:128]
    ramp = (rows + columns) % 64
    scale = 3 if dtype == "uint8" else 40
    return np.stack([(ramp * scale + 40 * (band + 1)) for band in range(bands)]).astype(dtype)


def _world_cog(dtype: str, bands: int) -> bytes:
    from rasterio.io import (
        MemoryFile,  # late: 0.3 s of start-up that most runs never need
    )

    profile = {
        "driver": "COG",
        "dtype": dtype,
        "count": bands,
        "width": 128,
        "height": 64,
        "crs": "EPSG:4326",
        "transform": Affine(360 / 128, 0, -180, 0, -180 / 64, 90),
        "compress": "DEFLATE",
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as raster:
            raster.write(_gradient(dtype, bands))
        return bytes(memory.read())


def _picture(file_format: str) -> bytes:
    buffer = BytesIO()
    Image.fromarray(_gradient("uint8", 3).transpose(1, 2, 0)).save(buffer, file_format)
    return buffer.getvalue()
