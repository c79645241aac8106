"""JPEG 2000 to Cloud Optimized GeoTIFF."""

from pathlib import Path

from models.errors import GeoCatalogFlowsError

TILE = 512
"""Pixels of a tile's side: what Copernicus itself and the Planetary Computer use."""


class NotConverted(GeoCatalogFlowsError):
    """A raster cannot be read or written."""


def convert_to_cog(source: Path, target: Path) -> None:
    """Write a raster as Cloud Optimized GeoTIFF: the same values, tiled, deflated, with overviews.

    The same file gives the same bytes, so that one that was staged before is known by its MD5.

    Raises:
        NotConverted: it is no raster, or the disk is full.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.shutil import copy

    options = {"compress": "DEFLATE", "predictor": "YES", "blocksize": TILE, "bigtiff": "IF_SAFER"}
    try:
        with rasterio.open(source) as raster:
            # classes and masks must not be averaged
            resampling = "NEAREST" if raster.colorinterp[0].name == "palette" or "SCL" in source.name else "AVERAGE"
            copy(raster, target, driver="COG", overview_resampling=resampling, **options)
    except RasterioError as error:
        target.unlink(missing_ok=True)
        raise NotConverted(f"{source.name} cannot be converted to a Cloud Optimized GeoTIFF: {error}.") from None
