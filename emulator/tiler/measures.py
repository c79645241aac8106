"""Numbers instead of pictures: statistics, values at a point, descriptions of assets."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from rasterio.crs import CRS
from rio_tiler.models import ImageData

from emulator.json_types import JsonDict
from emulator.tiler.options import InvalidOptions, RenderOptions
from emulator.tiler.reading import ItemReader
from emulator.tiler.windows import WGS84, Window


def statistics(image: ImageData, parameters: dict[str, list[str]], feature: JsonDict | None = None) -> JsonDict:
    """Statistics of every band, by its name.

    Args:
        image: as `ItemReader.read` returns it.
        parameters: `p` (percentiles), `c` (categories), `categorical`, `histogram_bins`.
        feature: GeoJSON Feature in WGS 84 that weighs the pixels by how much of them it covers.

    Raises:
        InvalidOptions: a parameter is no number.
    """
    try:
        percentiles = [int(text) for text in parameters.get("p", ())] or [2, 98]
        categories = [float(text) for text in parameters.get("c", ())] or None
        bins = int(parameters.get("histogram_bins", ["10"])[-1])
    except ValueError as error:
        raise InvalidOptions(f"p, c and histogram_bins must be numbers: {error}") from None
    found = image.statistics(
        categorical=parameters.get("categorical", ["false"])[-1].lower() in ("true", "1"),
        categories=categories,
        percentiles=percentiles,
        hist_options={"bins": bins},
        coverage=image.get_coverage_array(feature["geometry"]) if feature else None,
    )
    bands = zip(image.band_descriptions, found.values(), strict=True)
    return {name: band.model_dump(mode="json", exclude={"description"}) for name, band in bands}


def cut_out(image: ImageData, feature: JsonDict) -> None:
    """Make every pixel outside a GeoJSON Feature (WGS 84) transparent."""
    outside = image.get_coverage_array(feature["geometry"], cover_scale=1) == 0
    image.array = cast(Any, np.ma.MaskedArray(image.array.data, np.ma.getmaskarray(image.array) | outside))


def feature_window(feature: Any, template: Window) -> Window:
    """The box around a GeoJSON Feature (WGS 84).

    Raises:
        InvalidOptions: it has no polygon.
    """
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise InvalidOptions("the request body must be a GeoJSON Feature with a Polygon or MultiPolygon")
    points = list(_points(geometry["coordinates"]))
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    bounds = (min(xs), min(ys), max(xs), max(ys))
    return Window(bounds, WGS84, template.target_crs, template.width, template.height, template.max_size)


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


def _points(coordinates: Any) -> Iterable[list[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
    else:
        for part in coordinates:
            yield from _points(part)
