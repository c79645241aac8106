"""Areas: a bounding box or a GeoJSON geometry, WGS 84 degrees."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.antimeridian import cut_at_antimeridian

JsonDict = dict[str, Any]


def _check_bbox(bbox: list[float]) -> list[float]:
    if len(bbox) != 4:
        raise ValueError(f"a bbox is four numbers, [west, south, east, north] in degrees; got {len(bbox)} in {bbox}")
    west, south, east, north = bbox
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError(f"bbox longitudes must lie in -180..180 degrees; got west {west}, east {east}")
    if not (-90 <= south <= 90 and -90 <= north <= 90):
        raise ValueError(
            f"bbox latitudes must lie in -90..90 degrees; got south {south}, north {north}"
            " (the order is west, south, east, north)"
        )
    if south >= north:
        raise ValueError(
            f"bbox south ({south}) must be less than north ({north}); the order is west, south, east, north"
        )
    if west > east:
        raise ValueError(
            f"bbox west ({west}) is greater than east ({east}). If the area crosses the antimeridian, run it as"
            f" two: [{west}, {south}, 180, {north}] and [-180, {south}, {east}, {north}]; otherwise swap them"
        )
    if west == east:
        raise ValueError(f"bbox west and east are both {west}: the box has no width")
    return bbox


BBox = Annotated[
    list[float],
    AfterValidator(_check_bbox),
    Field(json_schema_extra={"minItems": 4, "maxItems": 4}),  # four number boxes in the Prefect UI
]
"""[west, south, east, north] in WGS 84 degrees, not across the antimeridian."""

_GEOMETRY_TYPES = ("Polygon", "MultiPolygon")


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [position for part in coordinates for position in _positions(part)]


def _has_rings(geometry: JsonDict) -> bool:
    """Tell whether the coordinates are polygons of rings of at least four positions."""
    coordinates: Any = geometry.get("coordinates")
    try:
        polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
        rings = [ring for polygon in polygons for ring in polygon]
        numbers = [float(number) for ring in rings for position in ring for number in position[:2]]
    except (TypeError, ValueError):
        return False
    positions = sum(len(ring) for ring in rings)
    return bool(rings) and all(len(ring) >= 4 for ring in rings) and len(numbers) == 2 * positions


def _is_closed(geometry: JsonDict) -> bool:
    """Tell whether each ring ends where it begins: RFC 7946, section 3.1.6."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return all(ring[0][:2] == ring[-1][:2] for polygon in polygons for ring in polygon)


def _crosses(geojson: JsonDict) -> bool:
    """Tell whether its `bbox` says that it crosses the antimeridian: RFC 7946, section 5.2."""
    bbox = geojson.get("bbox")
    return isinstance(bbox, list) and len(bbox) in (4, 6) and bbox[0] > bbox[len(bbox) // 2]


def polygon_of(geojson: JsonDict) -> JsonDict:
    """Return the Polygon or MultiPolygon of a geometry or Feature, cut where it crosses the antimeridian.

    Raises:
        ValueError: it has none, or it is not in WGS 84 degrees, or crosses in a way that has no one meaning.
    """
    geometry = geojson.get("geometry") if geojson.get("type") == "Feature" else geojson
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _GEOMETRY_TYPES:
        raise ValueError(f"the GeoJSON must be a Polygon, a MultiPolygon or a Feature of one; got {kind!r}")
    if not _has_rings(geometry):
        raise ValueError("the GeoJSON geometry has no ring of at least four [longitude, latitude] positions")
    if not _is_closed(geometry):
        raise ValueError(
            "a ring of the GeoJSON geometry does not end where it begins: repeat its first position at its end"
        )
    outside = next((p for p in _positions(geometry["coordinates"]) if abs(p[0]) > 360 or abs(p[1]) > 90), None)
    if outside:
        raise ValueError(
            f"the GeoJSON position {list(outside)} is outside of longitude -180..180, latitude -90..90"
            " (the order is longitude, latitude)"
        )
    return cut_at_antimeridian(geometry, crosses=_crosses(geojson) or _crosses(geometry))


Geometry = Annotated[JsonDict, AfterValidator(polygon_of)]
"""GeoJSON Polygon or MultiPolygon (a Feature is reduced to its geometry), WGS 84 degrees."""


def bounds_of(geometry: JsonDict) -> list[float]:
    """Return [west, south, east, north] of a GeoJSON geometry, in its own unit."""
    longitudes, latitudes = zip(*_positions(geometry["coordinates"]), strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


class Area(BaseModel):
    """One area to search: a bounding box or a geometry, not across the antimeridian.

    Attributes:
        name: how messages call it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    bbox: BBox | None = None
    geometry: Geometry | None = None

    @property
    def bounds(self) -> list[float]:
        """[west, south, east, north] in WGS 84 degrees."""
        return self.bbox or bounds_of(self.geometry or {})

    @property
    def query(self) -> JsonDict:
        """The area as arguments of a STAC search."""
        return {"bbox": self.bbox} if self.bbox else {"intersects": self.geometry}
