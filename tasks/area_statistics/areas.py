"""The areas to measure: those of the request, checked for what no service would tell clearly."""

from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from models.area import Area, JsonDict
from models.area_statistics import NamedArea
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import InvalidRequest
from stac.shapes import require_valid, shape_of
from tasks.areas import resolve_areas

LARGEST_KM2 = 12_060
"""A scene of Sentinel-2 is 109.8 km a side: what is larger is in no single one, whose statistics would mislead."""
EARTH_RADIUS_KM = 6371.0
"""Mean radius; good to half a percent."""


def areas_to_measure(request: AreaStatisticsRequest, areas_dir: Path) -> list[NamedArea]:
    """Return the areas that a request names, of which each has a name of its own.

    One on both sides of the antimeridian is two areas, since no scene shows both.

    Args:
        areas_dir: folder of the files that the request may name as `areas`.

    Raises:
        InvalidRequest: an area cannot be measured; the message names it, and says how to mend it.
    """
    resolved = resolve_areas(request, areas_dir)
    names = _unique([_name_of(area, request) for area in resolved])
    areas = [NamedArea(name=name, geometry=_geometry_of(area)) for name, area in zip(names, resolved, strict=True)]
    for area in areas:
        _require_measurable(area.name, area.geometry or {})
    return areas


def _geometry_of(area: Area) -> JsonDict:
    if area.geometry:
        return area.geometry
    west, south, east, north = area.bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _name_of(area: Area, request: AreaStatisticsRequest) -> str:
    """Return a name by which an area is found again; one that the request holds itself is named by its place."""
    west, south, east, north = area.bounds
    if request.bbox:
        return f"box {west:g},{south:g},{east:g},{north:g}"
    if request.geometry:
        return f"polygon at {(west + east) / 2:.4f},{(south + north) / 2:.4f}"
    return area.name


def _require_measurable(name: str, geometry: JsonDict) -> None:
    require_valid(name, geometry)
    size = square_kilometres(geometry)
    if size > LARGEST_KM2:
        raise InvalidRequest(
            f"The area {name!r} has {size:,.0f} square kilometres; a scene of Sentinel-2 shows at most {LARGEST_KM2:,}:"
            " split it into smaller areas."
        )


def square_kilometres(geometry: JsonDict) -> float:
    """Return the size of a polygon in WGS 84 degrees, on a sphere: by a projection that keeps areas."""
    return float(shapely.transform(shape_of(geometry), _equal_area).area)


def _equal_area(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lambert's cylindrical equal-area projection, in kilometres."""
    return EARTH_RADIUS_KM * np.column_stack([np.radians(degrees[:, 0]), np.sin(np.radians(degrees[:, 1]))])


def _unique(names: list[str]) -> list[str]:
    """Return the names; the second of a name gets a (2), and so on."""
    unique: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in unique:
            number += 1
            candidate = f"{name} ({number})"
        unique.append(candidate)
    return unique
