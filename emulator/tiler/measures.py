"""Numbers instead of pictures: statistics, values at a point, descriptions of assets."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from rasterio.coords import BoundingBox
from rasterio.crs import CRS
from rio_tiler.models import ImageData

from emulator.json_types import JsonDict
from emulator.tiler.options import InvalidOptions, RenderOptions
from emulator.tiler.reading import ItemReader
from emulator.tiler.windows import WGS84, Box, Window

_FINE = 10  # rio-tiler's default, which titiler leaves as it is


def statistics(
    image: ImageData, parameters: dict[str, list[str]], feature: JsonDict | None = None, crs: str = WGS84
) -> JsonDict:
    """Statistics of every band, by its name.

    Args:
        image: as `ItemReader.read` returns it.
        parameters: `p` (percentiles), `c` (categories), `categorical`, `histogram_bins`, `histogram_range`.
        feature: GeoJSON Feature; pixels that it does not touch are left out, and mean, median, std, count
            and sum weigh the others by how much of them it covers.
        crs: of the Feature.

    Raises:
        InvalidOptions: a parameter is no number.
    """
    if feature:
        cut_out(image, feature, crs)
    try:
        percentiles = [int(text) for text in _listed(parameters, "p")] or [2, 98]
        categories = [float(text) for text in _listed(parameters, "c")] or None
        histogram: JsonDict = {"bins": int(parameters.get("histogram_bins", ["10"])[-1])}
        if limits := parameters.get("histogram_range"):
            low, high = (float(text) for text in limits[-1].split(","))
            histogram["range"] = (low, high)
    except ValueError as error:
        raise InvalidOptions(f"p, c, histogram_bins and histogram_range must be numbers: {error}") from None
    found = image.statistics(
        categorical=parameters.get("categorical", ["false"])[-1].lower() in ("true", "1"),
        categories=categories,
        percentiles=percentiles,
        hist_options=histogram,
        coverage=_coverage(image, feature, crs, _FINE) if feature else None,
    )
    bands = zip(image.band_descriptions, found.values(), strict=True)
    return {name: band.model_dump(mode="json", exclude={"description"}) for name, band in bands}


def cut_out(image: ImageData, feature: JsonDict, crs: str = WGS84) -> None:
    """Make every pixel outside a GeoJSON Feature transparent."""
    outside = _coverage(image, feature, crs, 1) == 0
    image.array = cast(Any, np.ma.MaskedArray(image.array.data, np.ma.getmaskarray(image.array) | outside))


def _coverage(image: ImageData, feature: JsonDict, crs: str, scale: int) -> NDArray[np.floating]:
    """Share of each pixel that a Feature covers, estimated from `scale` x `scale` parts of it."""
    geometry = orjson.dumps(feature["geometry"])
    bounds, shape = tuple(image.bounds or ()), (image.height, image.width)
    return _rasterized(geometry, crs, str(image.crs), bounds, shape, scale)


@lru_cache(maxsize=16)  # of some MB each: the Items of a year are measured on one grid
def _rasterized(
    geometry: bytes, geometry_crs: str, crs: str, bounds: Box, shape: tuple[int, int], scale: int
) -> NDArray[np.floating]:
    empty = ImageData(np.zeros((1, *shape), np.uint8), crs=CRS.from_string(crs), bounds=BoundingBox(*bounds))
    shares = empty.get_coverage_array(orjson.loads(geometry), CRS.from_user_input(geometry_crs), scale)
    shares.flags.writeable = False
    return shares


def feature_window(feature: Any, template: Window) -> Window:
    """The box around a GeoJSON Feature, in the projection of the template.

    Raises:
        InvalidOptions: it has no polygon.
    """
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise InvalidOptions("the request body must be a GeoJSON Feature with a Polygon or MultiPolygon")
    points = list(_points(geometry["coordinates"]))
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    bounds = (min(xs), min(ys), max(xs), max(ys))
    return replace(template, bounds=bounds)


def point_values(reader: ItemReader, longitude: float, latitude: float, options: RenderOptions) -> JsonDict:
    """Values of every band at a place; None where there is no data."""
    values: list[float | None] = []
    names: list[str] = []
    for key in options.asset_keys(reader.item["assets"]):
        with reader.open(key) as raster:
            point = raster.point(longitude, latitude, indexes=options.band_indexes.get(key), nodata=options.nodata)
        values += [None if value is np.ma.masked else float(value) for value in point.array]
        names += [f"{key}_b{n}" for n in options.band_indexes.get(key) or range(1, point.count + 1)]
    return {"coordinates": [longitude, latitude], "values": values, "band_names": names}


def describe_assets(reader: ItemReader, keys: Iterable[str]) -> JsonDict:
    """What GDAL says of each asset."""
    described: JsonDict = {}
    for key in keys:
        with reader.open(key) as raster:
            dataset = cast(Any, raster.dataset)
            described[key] = {
                **raster.info().model_dump(mode="json", exclude_none=True),
                "bounds": list(raster.get_geographic_bounds(CRS.from_string(WGS84))),
                "driver": dataset.driver,
                "count": dataset.count,
                "width": dataset.width,
                "height": dataset.height,
                "overviews": dataset.overviews(1),
                "minzoom": raster.minzoom,
                "maxzoom": raster.maxzoom,
            }
    return described


def raster_keys(item: JsonDict) -> list[str]:
    """Keys of the assets that are rasters by their media type."""
    return [key for key, asset in item["assets"].items() if str(asset.get("type", "")).startswith("image/tiff")]


def _listed(parameters: dict[str, list[str]], name: str) -> list[str]:
    """Values that are given one by one, or joined by commas as Microsoft's client does."""
    return [value for text in parameters.get(name, ()) for value in text.split(",")]


def _points(coordinates: Any) -> Iterable[list[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
    else:
        for part in coordinates:
            yield from _points(part)
