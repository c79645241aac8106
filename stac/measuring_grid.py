"""A polygon as the tiler has to be told it, so that what it counts are the Item's own pixels.

The tiler begins its grid at the edges of the polygon, not at edges of pixels (newer tilers do the latter, but it is not
known which one a GeoCatalog has): as if the area lay up to half a pixel beside its place. That made the mean NDVI of a
meadow 1.2 km wide under half a cloud wrong by 0.003. So the polygon is given in the Item's projection, with a speck at
each side that reaches to the next edge of a pixel.
"""

import re
from collections.abc import Iterator
from math import ceil, floor, lcm

from rasterio.warp import transform_geom

from models.area import JsonDict, bounds_of
from stac.pixel_grid import PIXEL, PixelGrid, crs_of

FINE_SIDE = 640
"""Pixels. Smaller areas are read with parts of pixels: at an area's edge, the tiler weighs each by a hundred parts."""
_FINEST = 8
"""Parts of a 10 m pixel's side, at most."""
MAX_SIDE = 4_096
"""Pixels. Larger areas are measured by each second, third, ... pixel: the tiler holds all bands of them in memory."""
_METRES = {"B01": 60, "B09": 60, "B10": 60, "B02": 10, "B03": 10, "B04": 10, "B08": 10}
"""Sides of pixels of Sentinel-2; those of the other bands are 20 m. Its tiles begin at multiples of 60 m."""
_SPECK = 0.01
"""Metres. A corner of 1/10,000 of a pixel."""
_INSET = 0.001
"""Metres by which a grid ends before an edge: a tiler that rounds outward stays on it, whatever its last digits."""

Box = tuple[int, int, int, int]


def measuring_grid(geometry: JsonDict, item: JsonDict, expression: str) -> tuple[JsonDict, PixelGrid]:
    """Return a polygon in the projection of its grid, and the grid on which its statistics are computed.

    Args:
        geometry: GeoJSON in WGS 84 degrees.
        item: that is measured.
        expression: names the bands.
    """
    crs = crs_of(item, geometry)
    polygon = transform_geom("EPSG:4326", crs, geometry)
    left, bottom, right, top = bounds_of(polygon)
    longest = max(right - left, top - bottom)
    coarse = ceil(longest / (PIXEL * MAX_SIDE - 120))
    box = _box_around((left, bottom, right, top), lcm(_metres_of(expression), coarse * round(PIXEL)))
    pixel = PIXEL * coarse / max(1, min(_FINEST, int(FINE_SIDE * PIXEL / longest)))
    width, height = (round((box[n + 2] - box[n]) / pixel) for n in (0, 1))
    return _reaching(polygon, box), PixelGrid(crs, width, height, pixel)


def _metres_of(expression: str) -> int:
    """Return the side of the coarsest pixels."""
    return max(_METRES.get(band, 20) for band in re.findall(r"\b(?:B\d[\dA]|[A-Z]{3})\b", expression))


def _box_around(bounds: tuple[float, float, float, float], step: int) -> Box:
    left, bottom, right, top = (edge / step for edge in bounds)
    return floor(left) * step, floor(bottom) * step, ceil(right) * step, ceil(top) * step


def _reaching(polygon: JsonDict, box: Box) -> JsonDict:
    """Return a polygon with specks that make its bounds those of the box; they lie beside its outermost corners."""
    coordinates = polygon["coordinates"]
    polygons = [coordinates] if polygon["type"] == "Polygon" else list(coordinates)
    return {"type": "MultiPolygon", "coordinates": [*polygons, *([speck] for speck in _specks(polygons, box))]}


def _specks(polygons: list[list[list[list[float]]]], box: Box) -> Iterator[list[list[float]]]:
    corners = [corner for rings in polygons for corner in rings[0]]
    for axis in (0, 1):
        for edge, outermost in ((axis, min), (axis + 2, max)):
            place = list(outermost(corners, key=lambda corner: corner[axis])[:2])
            place[axis] = box[edge]
            x, y = (
                min(max(place[n], box[n] + _INSET), box[n + 2] - _INSET - _SPECK)  # within the box as a whole
                for n in (0, 1)
            )
            yield [[x, y], [x + _SPECK, y], [x, y + _SPECK], [x, y]]
