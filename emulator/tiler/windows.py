"""Which part of the Earth a picture shows, and with how many pixels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import morecantile

from emulator.tiler.options import InvalidOptions

WGS84, WEB_MERCATOR = "EPSG:4326", "EPSG:3857"
DEFAULT_MAX_SIZE = 1024
_LARGEST_SIDE = 4096
_TILES = morecantile.tms.get("WebMercatorQuad")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Window:
    """A rectangle to draw.

    Attributes:
        bounds: left, bottom, right, top in `crs`; None is all of the first asset.
        crs: of the bounds.
        target_crs: of the picture; None is that of the bounds, or of the asset.
        width, height: pixels; None lets them follow from resolution and `max_size`.
        max_size: most pixels of the longer side when width and height are open.
        align: widen the bounds to the edges of the dataset's pixels.
    """

    bounds: Box | None = None
    crs: str = WGS84
    target_crs: str | None = None
    width: int | None = None
    height: int | None = None
    max_size: int | None = DEFAULT_MAX_SIZE
    align: bool = False

    def sized(self, width: int, height: int) -> "Window":
        """The same rectangle with exactly so many pixels."""
        return replace(self, width=width, height=height, max_size=None)


def window_of(parameters: dict[str, str], bounds: Box | None = None) -> Window:
    """Read `width`, `height`, `max_size`, `coord_crs` and `dst_crs` (or `-` spelled) of a request.

    Raises:
        InvalidOptions: a size is no number of pixels, or beyond 4096.
    """
    given = {name.replace("-", "_"): value for name, value in parameters.items()}
    width, height = _pixels(given, "width"), _pixels(given, "height")
    fixed = width is not None and height is not None
    return Window(
        bounds=bounds,
        crs=given.get("coord_crs", WGS84),
        target_crs=given.get("dst_crs"),
        width=width if fixed else None,
        height=height if fixed else None,
        max_size=None if fixed else _pixels(given, "max_size") or DEFAULT_MAX_SIZE,
    )


def tile_window(z: int, x: int, y: int, scale: int = 1) -> Window:
    """A Web Mercator tile of `scale` times 256 pixels.

    Raises:
        InvalidOptions: there is no such tile.
    """
    if not (0 <= z <= 24 and 0 <= x < 2**z and 0 <= y < 2**z and 1 <= scale <= 4):
        raise InvalidOptions(f"there is no tile {z}/{x}/{y}@{scale}x")
    box = _TILES.xy_bounds(morecantile.Tile(x, y, z))
    side = 256 * scale
    bounds = (box.left, box.bottom, box.right, box.top)
    return Window(bounds, WEB_MERCATOR, WEB_MERCATOR, side, side, None)


@dataclass(frozen=True)
class BoxPath:
    """What `{minx},{miny},{maxx},{maxy}[/{width}x{height}].{format}` says."""

    bounds: Box
    size: dict[str, str]
    format: str | None


def parse_box_path(text: str) -> BoxPath:
    """Read the end of a `bbox/...` or `crop/...` path.

    Raises:
        InvalidOptions: it is malformed, or the box is empty.
    """
    number = r"(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)"
    pattern = rf"{','.join([number] * 4)}(?:/(\d+)x(\d+))?(?:\.([a-z0-9]+))?$"
    match = re.match(pattern, text)
    if not match:
        raise InvalidOptions(f"'{text}' is not of the form minx,miny,maxx,maxy/widthxheight.format")
    left, bottom, right, top = (float(group) for group in match.groups()[:4])
    if left >= right or bottom >= top:
        raise InvalidOptions(f"the box '{text}' is empty: give west, south, east, north")
    size = {"width": match[5], "height": match[6]} if match[5] else {}
    return BoxPath((left, bottom, right, top), size, match[7])


def parse_size_path(text: str) -> tuple[dict[str, str], str | None]:
    """Read `[/{width}x{height}][.{format}]`: width and height as parameters, and the format.

    Raises:
        InvalidOptions: it is malformed.
    """
    match = re.fullmatch(r"(?:/(\d+)x(\d+))?(?:\.([a-z0-9]+))?", text)
    if not match:
        raise InvalidOptions(f"'{text}' is not of the form /widthxheight.format")
    return {"width": match[1], "height": match[2]} if match[1] else {}, match[3]


def parse_tile_path(text: str, parameters: Mapping[str, str]) -> tuple[Window, str | None]:
    """Read `[{tms}/]{z}/{x}/{y}[@{scale}x][.{format}]`; scale may be a query parameter too.

    Raises:
        InvalidOptions: it is malformed, there is no such tile, or not this tile matrix set.
    """
    # Microsoft's client writes whole numbers as 13.0
    whole = r"(\d+)(?:\.0)?"
    pattern = rf"(?:([A-Za-z]\w*)/)?{whole}/{whole}/{whole}(?:@{whole}x)?(?:\.([a-z][a-z0-9]*))?"
    match = re.fullmatch(pattern, text)
    if not match:
        raise InvalidOptions(f"'{text}' is not of the form tms/z/x/y@scalex.format")
    if (match[1] or parameters.get("TileMatrixSetId", _TILES.id)) != _TILES.id:
        raise InvalidOptions(f"only {_TILES.id} tiles are drawn here")
    scale = match[5] or parameters.get("scale", "1")
    if not scale.isdecimal():
        raise InvalidOptions(f"scale '{scale}' is not a number")
    return tile_window(int(match[2]), int(match[3]), int(match[4]), int(scale)), match[6]


def _pixels(given: dict[str, str], name: str) -> int | None:
    if not given.get(name):
        return None
    if not given[name].isdecimal() or not 1 <= int(given[name]) <= _LARGEST_SIDE:
        raise InvalidOptions(f"{name} must be 1 to {_LARGEST_SIDE} pixels")
    return int(given[name])
