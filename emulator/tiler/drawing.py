"""Turns what was read into an encoded picture, and many Items into one."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rasterio.errors import NotGeoreferencedWarning
from rio_tiler.colormap import cmap
from rio_tiler.errors import InvalidDatatypeWarning
from rio_tiler.models import ImageData

from emulator.tiler.options import InvalidOptions, RenderOptions
from emulator.tiler.reading import ItemReader
from emulator.tiler.windows import Window

# Format in the path: GDAL driver, media type.
FORMATS = {
    "png": ("PNG", "image/png"),
    "pngraw": ("PNG", "image/png"),
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "webp": ("WEBP", "image/webp"),
    "tif": ("GTIFF", "image/tiff; application=geotiff"),
    "jp2": ("JP2OPENJPEG", "image/jp2"),
    "npy": ("NPY", "application/x-binary"),
}


@dataclass(frozen=True)
class Picture:
    """An encoded picture."""

    data: bytes
    media_type: str


def draw(image: ImageData, options: RenderOptions, format_name: str | None) -> Picture:
    """Apply rescaling, color formula and color map, and encode.

    Args:
        image: as `ItemReader.read` returns it; it is changed.
        options: how to draw.
        format_name: one of FORMATS; None is PNG where pixels are missing, else JPEG.

    Raises:
        InvalidOptions: the format is unknown, or the number of bands does not fit it.
    """
    if format_name is None:
        format_name = "png" if image.array.mask.any() else "jpeg"
    if format_name not in FORMATS:
        raise InvalidOptions(f"format '{format_name}' is not one of {', '.join(FORMATS)}")
    driver, media_type = FORMATS[format_name]
    _check_bands(image, options, driver)
    if options.rescale:
        image.rescale(in_range=_ranges(options, image.count))
    if options.color_formula:
        _apply_formula(image, options.color_formula)
    colormap = cmap.get(options.colormap_name) if options.colormap_name else None
    if colormap and image.array.dtype != np.uint8:
        image.rescale(in_range=[(float(image.array.min()), float(image.array.max()))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InvalidDatatypeWarning)
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        data = image.render(add_mask=options.return_mask, img_format=driver, colormap=colormap)
    return Picture(data, media_type)


def read_mosaic(readers: Iterable[ItemReader], window: Window, options: RenderOptions) -> ImageData | None:
    """Lay Items over each other, the first on top, until no pixel is missing; None without any.

    Args:
        readers: Items, the one to prefer first.
        window: with width and height, so that all Items are read on the same grid.
        options: how to read.
    """
    mosaic: ImageData | None = None
    for reader in readers:
        if mosaic is None:
            mosaic = reader.read(window, options)
        else:
            below = reader.read(window.sized(mosaic.width, mosaic.height), options)
            missing = np.ma.getmaskarray(mosaic.array) & ~np.ma.getmaskarray(below.array)
            mosaic.array[missing] = below.array[missing]
        if not np.ma.getmaskarray(mosaic.array).any():
            break
    return mosaic


def _check_bands(image: ImageData, options: RenderOptions, driver: str) -> None:
    if options.colormap_name and image.count != 1:
        raise InvalidOptions(f"a color map needs one band, not {image.count}")
    if driver in ("PNG", "JPEG", "WEBP") and image.count not in (1, 3):
        raise InvalidOptions(f"{driver} takes one band or three, not {image.count}: use asset_bidx")
    if len(options.rescale) not in (0, 1, image.count):
        raise InvalidOptions(f"rescale must be given once or {image.count} times")


def _ranges(options: RenderOptions, bands: int) -> list[tuple[float, float]]:
    return list(options.rescale) if len(options.rescale) == bands else [options.rescale[0]] * bands


def _apply_formula(image: ImageData, formula: str) -> None:
    try:
        image.apply_color_formula(formula)
    except Exception as error:  # color-operations raises ValueError, KeyError and plain Exception
        raise InvalidOptions(f"color_formula '{formula}' cannot be used: {error}") from error
