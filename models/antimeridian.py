"""Polygons that cross the antimeridian, cut at longitude 180 as RFC 7946, section 3.1.9, asks for.

Only what has one meaning is cut. All in WGS 84 degrees.
"""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

Position = list[float]
Ring = list[Position]
Polygon = list[Ring]

_HOW = "write it as a MultiPolygon whose parts end at longitude 180 and begin at -180"


def cut_at_antimeridian(geometry: dict[str, Any], *, crosses: bool = False) -> dict[str, Any]:
    """Return a Polygon or MultiPolygon whose longitudes lie in -180..180.

    Args:
        geometry: longitudes may go on beyond 180 (170 to 190), or jump from 170 to -170 if `crosses` is set.
        crosses: it is known to cross, since its GeoJSON `bbox` has a west above its east.

    Raises:
        ValueError: it crosses, or may cross, in a way that has no one meaning; the message says how to write it.
    """
    is_single = geometry["type"] == "Polygon"
    polygons = [geometry["coordinates"]] if is_single else geometry["coordinates"]
    parts = [part for polygon in polygons for part in _cut(_unwrapped(polygon) if crosses else polygon)]
    if parts == polygons:
        return geometry
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def hemispheres(geometry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a MultiPolygon on both sides of longitude 180 as two, the eastern hemisphere's first; else the geometry.

    Searched as one, its bounding box goes round the world.
    """
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []
    limits = [_limits(polygon) for polygon in polygons]
    if not limits or max(east for _, east in limits) - min(west for west, _ in limits) <= 180:
        return [geometry]
    if any(east - west > 180 for west, east in limits):
        return [geometry]
    sides: list[list[Polygon]] = [[], []]
    for polygon, (west, east) in zip(polygons, limits, strict=True):
        sides[west + east < 0].append(polygon)
    return [{"type": "MultiPolygon", "coordinates": side} for side in sides if side]


def _limits(polygon: Polygon) -> tuple[float, float]:
    longitudes = [position[0] for ring in polygon for position in ring]
    return min(longitudes), max(longitudes)


def _unwrapped(polygon: Polygon) -> Polygon:
    """Return a polygon that jumps from 170 to -170 as one that goes on to 190."""
    if not any(_jumps(ring) for ring in polygon):
        return polygon
    return [[[p[0] + 360 if p[0] < 0 else p[0], p[1]] for p in ring] for ring in polygon]


def _jumps(ring: Ring) -> bool:
    """Tell whether an edge goes more than half round the world, other than from -180 to 180."""
    return any(180 < abs(b[0] - a[0]) < 360 for a, b in pairwise(ring))


def _cut(polygon: Polygon) -> Iterator[Polygon]:
    west, east = _limits(polygon)
    if east - west > 360:
        raise ValueError(f"the GeoJSON polygon is {east - west:g} degrees wide, more than once round the world")
    if any(_jumps(ring) for ring in polygon):
        raise ValueError(
            "an edge of the GeoJSON polygon goes more than half round the world, or it crosses the antimeridian:"
            f" if it crosses, {_HOW}; if it does not, give that edge a position in its middle"
        )
    if west >= -180 and east <= 180:
        yield polygon
    elif east <= -180 or west >= 180:
        yield _shifted(polygon, 360 if west < 0 else -360)
    else:
        meridian = 180 if east > 180 else -180
        yield _shifted(_side(polygon, meridian, -1), 0 if meridian > 0 else 360)
        yield _shifted(_side(polygon, meridian, 1), -360 if meridian > 0 else 0)


def _shifted(polygon: Polygon, degrees: float) -> Polygon:
    return [[[p[0] + degrees, p[1]] for p in ring] for ring in polygon]


def _side(polygon: Polygon, meridian: float, sign: int) -> Polygon:
    """Return the part of a polygon on one side of a meridian: west of it (sign -1), or east (1)."""
    outer, *holes = polygon
    kept = []
    for hole in holes:
        sides = {_sign(position[0] - meridian) for position in hole}
        if len(sides) > 1:
            raise ValueError(f"a hole of the GeoJSON polygon crosses the antimeridian: {_HOW}")
        kept += [hole] if sides == {sign} else []
    return [_clipped(outer, meridian, sign), *kept]


def _clipped(ring: Ring, meridian: float, sign: int) -> Ring:
    """Clip a ring that crosses the meridian twice; then each side is one ring, whatever its shape."""
    ring = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    if _crossings(ring, meridian) != 2:
        raise ValueError(f"the GeoJSON polygon crosses or touches the antimeridian more than twice: {_HOW}")
    clipped: Ring = []
    for a, b in pairwise(ring):
        sides = sign * (a[0] - meridian), sign * (b[0] - meridian)
        if sides[0] >= 0:
            clipped.append([a[0], a[1]])
        if sides[0] * sides[1] < 0:
            share = (meridian - a[0]) / (b[0] - a[0])
            clipped.append([float(meridian), a[1] + share * (b[1] - a[1])])
    return [*clipped, clipped[0]]


def _crossings(ring: Ring, meridian: float) -> int:
    """Count how often a closed ring changes side.

    What has no one meaning counts twice, so that it is not cut: touching without a change, and running along.
    """
    signs = [_sign(position[0] - meridian) for position in ring[:-1]]
    around = [*signs, *signs[:2]]
    bad = sum(now == 0 and before != -after for before, now, after in zip(around, around[1:], around[2:], strict=False))
    off = [sign for sign in around[: len(signs) + 1] if sign]
    return len([side for side, _ in groupby([*off, off[0]])]) - 1 + 2 * bad


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
