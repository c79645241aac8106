"""The window of MGRS tile 27VVL that every generated scene covers."""

from dataclasses import dataclass

from affine import Affine
from rasterio.warp import transform

EPSG = 32627
MGRS_TILE = "27VVL"
# Pixel edges lie on the 60 m grid of the tile (upper left 399960, 7100040), as in a real product.
WEST, NORTH = 426720, 7085100
SIZE_10M = 640
# The next multiple of 60 m: fields are computed here, so that the 60 m pixels are all complete.
FIELD_SIZE = 642


@dataclass(frozen=True)
class Grid:
    """A square raster on the scene's window.

    Attributes:
        gsd: pixel size in metres.
        size: pixels a side.
    """

    gsd: int
    size: int

    @property
    def transform(self) -> Affine:
        """Pixel (column, row) to EPSG:32627 metres."""
        return Affine(self.gsd, 0, WEST, 0, -self.gsd, NORTH)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in EPSG:32627 metres."""
        side = self.gsd * self.size
        return float(WEST), float(NORTH - side), float(WEST + side), float(NORTH)


GRIDS = {10: Grid(10, SIZE_10M), 20: Grid(20, SIZE_10M // 2), 60: Grid(60, FIELD_SIZE // 6)}
PREVIEW_GRID = Grid(40, SIZE_10M // 4)


def footprint() -> list[list[float]]:
    """The 10 m window as a closed, counter-clockwise ring of WGS 84 degrees."""
    west, south, east, north = GRIDS[10].bounds
    xs, ys = [west, east, east, west, west], [south, south, north, north, south]
    longitudes, latitudes = transform(f"EPSG:{EPSG}", "EPSG:4326", xs, ys)
    return [[round(x, 7), round(y, 7)] for x, y in zip(longitudes, latitudes, strict=True)]


def footprint_bbox() -> list[float]:
    """West, south, east, north of the footprint in WGS 84 degrees."""
    ring = footprint()
    xs, ys = [point[0] for point in ring], [point[1] for point in ring]
    return [min(xs), min(ys), max(xs), max(ys)]
