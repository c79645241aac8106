"""Footprints of Copernicus products as geometry and bbox of a STAC Item."""

from typing import Any

import antimeridian
from shapely import make_valid
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from models.area import JsonDict

DIGITS = 6
"""Decimal places of a degree: a tenth of a metre; the catalogue gives fifteen digits."""


def geometry_of(footprint: JsonDict) -> tuple[JsonDict, list[float]]:
    """Return a valid geometry, split at the antimeridian as GeoJSON asks for, and its bbox.

    A bbox across the antimeridian has its west greater than its east.

    Args:
        footprint: GeoJSON Polygon or MultiPolygon in WGS 84 degrees, in whatever winding.

    Raises:
        ValueError: it covers no area, or meets itself in a way that cannot be mended.
    """
    fixed = shape(antimeridian.fix_shape(footprint, fix_winding=True, great_circle=False))
    valid = _only_polygons(make_valid(fixed))
    bbox = [round(degrees, DIGITS) for degrees in antimeridian.bbox(valid)]
    return _rounded(mapping(valid)), bbox


def _only_polygons(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    """Leave out the lines and points that mending a polygon may leave behind."""
    parts = getattr(geometry, "geoms", [geometry])
    polygons = [
        polygon
        for part in parts
        for polygon in getattr(part, "geoms", [part])
        if isinstance(polygon, Polygon) and polygon.area > 0
    ]
    if not polygons:
        raise ValueError("the footprint covers no area")
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _rounded(geometry: Any) -> JsonDict:
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, int | float) else [_round(member) for member in value]
