"""GeoJSON polygons as shapely has them."""

import json

import shapely

from models.area import JsonDict
from models.errors import InvalidRequest


def shape_of(geometry: JsonDict) -> shapely.Geometry:
    """Return a GeoJSON geometry as a shape, in its own unit."""
    return shapely.from_geojson(json.dumps(geometry))


def require_valid(name: str, geometry: JsonDict) -> None:
    """Check that rings neither cross themselves nor each other, and that there is something within.

    Raises:
        InvalidRequest: says where it is not so.
    """
    shape = shape_of(geometry)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape).replace("[", " at longitude, latitude ").replace("]", "")
        raise InvalidRequest(f"The polygon of the area {name!r} is not valid: {reason}. Mend it, then run again.")
    if not shape.area:
        raise InvalidRequest(f"The polygon of the area {name!r} holds no area: give it at least three corners.")
