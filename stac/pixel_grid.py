"""Grids of pixels around an area, in the Item's own projection."""

from dataclasses import dataclass

from rasterio.warp import transform_bounds

from models.area import JsonDict, bounds_of

PIXEL = 10.0
"""Metres: the finest bands of Sentinel-2."""


@dataclass(frozen=True)
class PixelGrid:
    """A rectangle around an area.

    Attributes:
        crs: projection, such as `EPSG:32627`.
        width: pixels.
        height: pixels.
        pixel: metres of a pixel's side.
    """

    crs: str
    width: int
    height: int
    pixel: float

    @property
    def share(self) -> float:
        """How much of a 10 m pixel one of these is; more than 1 for larger ones."""
        return (self.pixel / PIXEL) ** 2


def picture_grid(geometry: JsonDict, item: JsonDict, size: int) -> PixelGrid:
    """Return the grid of a picture whose longer side has `size` pixels; pixels are square."""
    crs = crs_of(item, geometry)
    return _grid(geometry, crs, max(_extent(geometry, crs)) / size)


def _grid(geometry: JsonDict, crs: str, pixel: float) -> PixelGrid:
    width, height = _extent(geometry, crs)
    return PixelGrid(crs, max(1, round(width / pixel)), max(1, round(height / pixel)), pixel)


def crs_of(item: JsonDict, geometry: JsonDict) -> str:
    """Return the projection of an Item, by either version of the projection extension; else the area's UTM zone."""
    properties = item.get("properties") or {}
    if properties.get("proj:code"):
        return str(properties["proj:code"])
    if properties.get("proj:epsg"):
        return f"EPSG:{properties['proj:epsg']}"
    west, south, east, north = bounds_of(geometry)
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"


def _extent(geometry: JsonDict, crs: str) -> tuple[float, float]:
    """Return width and height of the box around a geometry, metres."""
    left, bottom, right, top = transform_bounds("EPSG:4326", crs, *bounds_of(geometry))
    return right - left, top - bottom
