"""The geometries of the account: listed in pages, and created."""

import math
import uuid
from typing import Annotated
from urllib.parse import urlencode

import orjson
import shapely
from fastapi import APIRouter, Depends, Query, Response

from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State
from emulator.upstreams.observearth.refusals import Body, ObservEarthRoute, Refused, admit, reply

PREFIX = "/observearth/api"
KIND = "observearth-geometry"
_LARGEST_PAGE = 200
_HECTARES = 111_195.0**2 / 10_000
"""Of one degree by one degree at the equator, on a sphere."""

router = APIRouter(prefix=PREFIX, tags=["ObservEarth"], route_class=ObservEarthRoute, dependencies=[Depends(admit)])


@router.get("/geometry/")
def list_geometries(
    state: State,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int | None, Query(ge=1)] = None,
    detail: bool = True,
) -> Response:
    """Answer with a page of the geometries, oldest first."""
    size = min(page_size or state.config.observearth.page_size, _LARGEST_PAGE)
    records = state.records.list(KIND)
    shown = records[(page - 1) * size : page * size]
    if not shown and page > 1:
        raise Refused(404, "Invalid page.")
    query = {"page_size": size} if page_size else {}
    results = shown if detail else [{"id": record["id"], "name": record["name"]} for record in shown]
    following = page + 1 if page * size < len(records) else None
    return reply(
        {
            "count": len(records),
            "next": _page_url(state, following, query),
            "previous": _page_url(state, page - 1 if page > 1 else None, query),
            "results": results,
        }
    )


@router.post("/geometry/")
def create_geometry(body: Body, state: State) -> Response:
    """Create a geometry (201)."""
    name = body.get("name")
    if not name or not isinstance(name, str):
        raise Refused(400, {"name": ["This field is required."]})
    geometry = _checked(body.get("geometry"), state.config.observearth.max_hectares)
    taken = state.config.observearth.unique_names and any(record["name"] == name for record in state.records.list(KIND))
    if taken:
        raise Refused(400, {"message": f"Geometry with name '{name}' already exists."})
    record = {"id": str(uuid.uuid4()), "name": name, "geometry": geometry}
    state.records.put(KIND, "", str(record["id"]), record)
    return reply(record, 201)


def find_geometry(state: EmulatorState, geometry_id: object) -> JsonDict:
    """Return a geometry as a GeoJSON Feature.

    Raises:
        Refused: 404 there is none, 403 it is one of those that are denied.
    """
    record = state.records.get(KIND, "", str(geometry_id))
    if record is None:
        raise Refused(404, "Not found.")
    if record["name"] in state.config.observearth.denied:
        raise Refused(403, "You do not have permission to perform this action.")
    return {"type": "Feature", "properties": {}, "geometry": record["geometry"]}


def _page_url(state: EmulatorState, page: int | None, query: dict[str, int]) -> str | None:
    return f"{state.config.public_url}{PREFIX}/geometry/?{urlencode({'page': page, **query})}" if page else None


def _checked(geometry: object, max_hectares: float) -> JsonDict:
    if not isinstance(geometry, dict) or geometry.get("type") != "Polygon":
        raise Refused(400, {"geometry": ["A GeoJSON Polygon is required."]})
    try:
        polygon = shapely.from_geojson(orjson.dumps(geometry))
    except shapely.GEOSException as error:
        raise Refused(400, {"geometry": [f"Invalid GeoJSON: {error}"]}) from None
    if not polygon.is_valid:
        raise Refused(400, {"geometry": [f"Invalid polygon: {shapely.is_valid_reason(polygon)}"]})
    if _hectares(polygon) > max_hectares:
        raise Refused(400, {"message": f"The area exceeds the limit of {max_hectares:g} hectares."})
    return geometry


def _hectares(polygon: shapely.Polygon) -> float:
    middle = math.radians((polygon.bounds[1] + polygon.bounds[3]) / 2)
    return float(polygon.area) * math.cos(middle) * _HECTARES
