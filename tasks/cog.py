"""JPEG 2000 to Cloud Optimized GeoTIFF."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from clients.copernicus.disk import no_space_as_ours
from models.errors import GeoCatalogFlowsError

TILE = 512
"""Pixels of a tile's side: what Copernicus itself and the Planetary Computer use."""
SPARE_ROOM = 512 * 1024**2
"""Bytes that the disk must have beside a file that was not written: those of the largest band, with its overviews."""


class NotConverted(GeoCatalogFlowsError):
    """A raster cannot be read or written."""


def convert_to_cog(source: Path, target: Path) -> None:
    """Write a raster as Cloud Optimized GeoTIFF: the same values, tiled, deflated, with overviews.

    The same file gives the same bytes, so that one that was staged before is known by its MD5.

    Raises:
        NotConverted: it is no raster, or a damaged one.
        NoSpace: the disk is full.
    """
    from rasterio._err import CPLE_BaseError  # what copying raises; rasterio.errors has no name for it
    from rasterio.errors import RasterioError

    try:
        _convert(source, target)
    except (RasterioError, CPLE_BaseError, SystemError) as error:  # SystemError: GDAL failed without saying why
        with suppress(OSError):
            target.unlink(missing_ok=True)
        _require_room(target.parent)
        reason = str(error).rstrip(".") or type(error).__name__
        raise NotConverted(f"{source.name} cannot be converted to a Cloud Optimized GeoTIFF: {reason}.") from None


def _convert(source: Path, target: Path) -> None:
    import rasterio
    from rasterio.shutil import copy

    options: dict[str, Any] = {"compress": "DEFLATE", "predictor": "YES", "blocksize": TILE, "bigtiff": "IF_SAFER"}
    with rasterio.open(source) as raster:
        # classes and masks must not be averaged
        resampling = "NEAREST" if raster.colorinterp[0].name == "palette" or "SCL" in source.name else "AVERAGE"
        copy(raster, target, driver="COG", overview_resampling=resampling, **options)


def _require_room(folder: Path) -> None:
    """Tell a full disk from a damaged raster: GDAL says the same of both, and removes what it has written.

    Raises:
        NoSpace: as said.
    """
    if hasattr(os, "posix_fallocate"):
        with suppress(OSError), no_space_as_ours(folder), TemporaryFile(dir=folder) as probe:
            os.posix_fallocate(probe.fileno(), 0, SPARE_ROOM)
