"""Which Item stands for an area in a period."""

import json

import shapely

from models.area import JsonDict
from stac.shapes import shape_of

WHOLE = 0.99
"""Share of an area from which on an Item counts as covering all of it: edges of footprints are drawn roughly."""
_MANY_POSITIONS = 500
"""Positions of a polygon from which on a search is sent its hull: each is some 40 bytes of request."""


def best_item(items: list[JsonDict], geometry: JsonDict) -> JsonDict | None:
    """Return the Item that covers the area best, of those the least cloudy, of those the newest; None without any.

    Args:
        items: with geometry, and `eo:cloud_cover` (percent) and `datetime` in their properties.
        geometry: GeoJSON of the area, WGS 84 degrees.
    """
    area = shape_of(geometry)
    covered = [(item, share) for item in items if (share := _share(item, area)) > 0]
    covered.sort(key=lambda pair: str(pair[0]["properties"].get("datetime") or ""), reverse=True)
    ranked = sorted(covered, key=lambda pair: (-min(pair[1], WHOLE), pair[0]["properties"].get("eo:cloud_cover", 0)))
    return ranked[0][0] if ranked else None


def search_geometry(geometry: JsonDict) -> JsonDict:
    """Return what to search with: the geometry itself, or its hull if it has many positions.

    What only the hull touches is left out by `best_item`.
    """
    shape = shape_of(geometry)
    if shapely.get_num_coordinates(shape) <= _MANY_POSITIONS:
        return geometry
    hull: JsonDict = json.loads(shapely.to_geojson(shapely.convex_hull(shape)))
    return hull


def _share(item: JsonDict, area: shapely.Geometry) -> float:
    if not item.get("geometry"):
        return 0.0
    overlap = shapely.intersection(shapely.make_valid(shape_of(item["geometry"])), area)
    return float(overlap.area / area.area) if area.area else 0.0
