"""What render options, mosaics and tile settings may look like."""

import re
from typing import Any

from emulator.cql2_parse import InvalidFilter, parse_filter
from emulator.geocatalog.errors import invalid
from emulator.json_types import JsonDict

CONFIGURATION_ID = re.compile(r"(?!-|_)[a-zA-Z0-9_-]{1,30}(?<!-|_)")
RENDER_TYPES = ("raster-tile", "vt-polygon", "vt-line")
RENDER_NAME_LENGTH, MOSAIC_NAME_LENGTH = 40, 30
DEFAULT_MIN_ZOOM, MAX_ZOOM = 12, 24
DEFAULT_TILE_SETTINGS: JsonDict = {"minZoom": 12, "maxItemsPerTile": 35, "defaultLocation": None}


def render_option(body: Any) -> JsonDict:
    """Return a valid render option with every member, null where it was not given.

    Raises:
        GeoCatalogError: 400.
    """
    given = _named(body, "Render option", RENDER_NAME_LENGTH)
    if given.get("type", "raster-tile") not in RENDER_TYPES:
        raise invalid(f"Render option type must be one of {', '.join(RENDER_TYPES)}")
    zoom = given.get("minZoom")
    zoom = DEFAULT_MIN_ZOOM if zoom is None else zoom
    if not isinstance(zoom, int) or not 0 <= zoom <= MAX_ZOOM:
        raise invalid(f"Render option minZoom must be between 0 and {MAX_ZOOM}")
    return {
        "id": given["id"],
        "name": given["name"],
        "description": given.get("description"),
        "type": given.get("type", "raster-tile"),
        "options": given.get("options"),
        "vectorOptions": given.get("vectorOptions"),
        "minZoom": zoom,
        "legend": given.get("legend"),
        "conditions": given.get("conditions"),
    }


def mosaic(body: Any) -> JsonDict:
    """Return a valid mosaic.

    Raises:
        GeoCatalogError: 400.
    """
    given = _named(body, "Mosaic", MOSAIC_NAME_LENGTH)
    cql = given.get("cql")
    if not isinstance(cql, list) or not all(isinstance(expression, dict) for expression in cql):
        raise invalid("Mosaic cql must be a list of CQL2-JSON expressions")
    try:
        for expression in cql:
            parse_filter(expression, "cql2-json")
    except InvalidFilter as error:
        raise invalid(f"Mosaic cql: {error}") from None
    return {"id": given["id"], "name": given["name"], "description": given.get("description"), "cql": cql}


def tile_settings(body: Any) -> JsonDict:
    """Return valid tile settings.

    Raises:
        GeoCatalogError: 400.
    """
    if not isinstance(body, dict):
        raise invalid("Tile settings must be a JSON object")
    merged: JsonDict = {name: body.get(name, default) for name, default in DEFAULT_TILE_SETTINGS.items()}
    for name, most in (("minZoom", MAX_ZOOM), ("maxItemsPerTile", 1000)):
        if not isinstance(merged[name], int) or not 0 <= merged[name] <= most:
            raise invalid(f"{name} must be between 0 and {most}")
    _check_location(merged["defaultLocation"])
    return merged


def _check_location(location: Any) -> None:
    if location is None:
        return
    coordinates = location.get("coordinates") if isinstance(location, dict) else None
    if not isinstance(coordinates, list) or len(coordinates) != 2 or not isinstance(location.get("zoom"), int):
        raise invalid("defaultLocation needs zoom and coordinates [latitude, longitude]")
    latitude, longitude = coordinates
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise invalid("defaultLocation coordinates are latitude, longitude in degrees")


def _named(body: Any, what: str, name_length: int) -> JsonDict:
    if not isinstance(body, dict):
        raise invalid(f"{what} must be a JSON object")
    if not CONFIGURATION_ID.fullmatch(str(body.get("id") or "")):
        rule = "1 to 30 letters, digits, '-' and '_', and must not start or end with '-' or '_'"
        raise invalid(f"{what} id must have {rule}")
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise invalid(f"{what} name is required")
    if len(name) > name_length:
        raise invalid(f"{what} name exceeded character limit. Name longer than {name_length} chars")
    return body
