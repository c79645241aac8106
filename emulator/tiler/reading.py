"""Reads windows of an Item's assets, straight from local files."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import rasterio
from rasterio.warp import transform_bounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from emulator.json_types import JsonDict
from emulator.tiler.options import InvalidOptions, RenderOptions
from emulator.tiler.windows import WGS84, Box, Window

_STAND_IN_SIDE = 256
# Asset href to file or bytes; raises BlobNotFound.
OpenBlob = Callable[[str], Path | bytes]


class UnknownAsset(Exception):
    """The Item has no such asset: HTTP 404."""


class UnreadableAsset(Exception):
    """The asset is no raster that GDAL can read."""


class ItemReader:
    """Reads the rasters of one Item."""

    def __init__(self, item: JsonDict, open_blob: OpenBlob) -> None:
        """Read `item`; its assets' bytes come from `open_blob`."""
        self.item = item
        self._open_blob = open_blob

    @contextmanager
    def open(self, key: str) -> Iterator[Reader]:
        """Open one asset.

        Raises:
            UnknownAsset, UnreadableAsset, BlobNotFound: it cannot be opened.
        """
        asset = self.item["assets"].get(key)
        if asset is None:
            raise UnknownAsset(f"asset '{key}' not found in item '{self.item['id']}'")
        content = self._open_blob(asset["href"])
        try:
            with _dataset(content) as dataset, Reader(None, dataset=dataset) as reader:
                yield reader
        except rasterio.errors.RasterioIOError as error:
            raise UnreadableAsset(f"asset '{key}' is not a readable raster: {error}") from error

    def read(self, window: Window, options: RenderOptions) -> ImageData:
        """Read every needed asset into one image; its bands are named `{asset}_b{n}`.

        Raises:
            InvalidOptions: no asset is asked for, or the expression cannot be used.
            UnknownAsset, UnreadableAsset, BlobNotFound: an asset cannot be read.
        """
        keys = options.asset_keys(self.item["assets"])
        window = window if window.bounds else self._whole(keys[0], window)
        images = {key: self._read_asset(key, window, options) for key in keys}
        height = max(image.height for image in images.values())
        width = max(image.width for image in images.values())
        for key, image in images.items():
            if (image.height, image.width) != (height, width):
                images[key] = self._read_asset(key, window.sized(width, height), options)
        names = [f"{key}_b{n}" for key, image in images.items() for n in _indexes(options, key, image)]
        merged = _merge(list(images.values()), names)
        return _calculate(merged, names, options.expression) if options.expression else merged

    def _read_asset(self, key: str, window: Window, options: RenderOptions) -> ImageData:
        with self.open(key) as reader:
            indexes, dataset = options.band_indexes.get(key), cast(Any, reader.dataset)
            if indexes and max(indexes) > dataset.count:
                raise InvalidOptions(f"asset '{key}' has only {dataset.count} bands")
            return reader.part(
                cast(Box, window.bounds),
                bounds_crs=rasterio.crs.CRS.from_user_input(window.crs),
                dst_crs=rasterio.crs.CRS.from_user_input(window.target_crs or window.crs),
                indexes=indexes,
                width=window.width,
                height=window.height,
                max_size=window.max_size,
                nodata=options.nodata,
                align_bounds_with_dataset=window.align,
                resampling_method=options.resampling,
            )

    def _whole(self, key: str, window: Window) -> Window:
        """All of one asset in its own projection; of a stand-in, which is the world, the Item's box."""
        with self.open(key) as reader:
            dataset = cast(Any, reader.dataset)
            crs, bounds = dataset.crs.to_string(), tuple(dataset.bounds)
            geographic = transform_bounds(dataset.crs, WGS84, *dataset.bounds)
        box = self.item.get("bbox")
        if box and 0 < 4 * (box[2] - box[0]) < geographic[2] - geographic[0]:
            target, side = window.target_crs or WGS84, min(window.max_size or _STAND_IN_SIDE, _STAND_IN_SIDE)
            return Window(tuple(box), WGS84, target, window.width or side, window.height or side, None)
        return Window(bounds, crs, window.target_crs or crs, window.width, window.height, window.max_size)


@contextmanager
def _dataset(content: Path | bytes) -> Iterator[Any]:
    if isinstance(content, Path):
        with rasterio.open(content) as dataset:
            yield dataset
    else:
        with rasterio.MemoryFile(content) as memory, memory.open() as dataset:
            yield dataset


def _indexes(options: RenderOptions, key: str, image: ImageData) -> tuple[int, ...]:
    return options.band_indexes.get(key) or tuple(range(1, image.count + 1))


def _merge(images: list[ImageData], names: list[str]) -> ImageData:
    data = np.ma.concatenate([image.array for image in images])  # type: ignore[no-untyped-call] # numpy's own gap
    first = images[0]
    return ImageData(data, band_descriptions=names, bounds=first.bounds, crs=first.crs)


def _calculate(image: ImageData, names: list[str], expression: str) -> ImageData:
    """Evaluate band math; asset keys become rio-tiler's band names b1, b2, ..."""
    for number, name in sorted(enumerate(names, start=1), key=lambda pair: -len(pair[1])):
        bare = re.escape(name.removesuffix("_b1"))
        expression = re.sub(rf"(?<![\w.]){bare}(?:_b1)?(?!\w)", f"b{number}", expression)
    # unsigned integers would wrap around below zero
    image.array = cast(Any, image.array.astype(np.float32))
    try:
        return image.apply_expression(expression)
    except Exception as error:  # numexpr raises whatever its parser meets
        raise InvalidOptions(f"the expression cannot be evaluated: {error}") from error
