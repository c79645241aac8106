"""The areas of a request: from the request itself, from named files, or from a file that it names."""

import json
from pathlib import Path
from typing import Any

from models.antimeridian import hemispheres
from models.area import Area, JsonDict, polygon_of
from models.area_query import AreaQuery
from models.delivery import Delivery
from models.errors import InvalidRequest

_ENDING = ".geojson"
_HEMISPHERES = ("eastern hemisphere", "western hemisphere")


def resolve_areas(request: AreaQuery | Delivery, areas_dir: Path) -> list[Area]:
    """Return the areas to search; none if the request names its Items.

    Args:
        areas_dir: folder of the files that the request may name as `areas`.

    Raises:
        InvalidRequest: a file is missing, or is not GeoJSON with polygons in WGS 84 degrees.
    """
    if not request.needs_area:
        return []
    if request.bbox:
        return [Area(name="the bounding box", bbox=request.bbox)]
    if request.geometry:
        return _split("the geometry", request.geometry)
    if request.geojson_file:
        return read_areas(Path(request.geojson_file))
    return [area for name in dict.fromkeys(request.areas) for area in read_areas(_path_of(name, areas_dir))]


def area_names(areas_dir: Path) -> list[str]:
    """Return the names of the areas in a folder."""
    return sorted(path.name.removesuffix(_ENDING) for path in areas_dir.glob(f"*{_ENDING}"))


def read_areas(path: Path) -> list[Area]:
    """Return the areas of a GeoJSON file: one of a geometry or Feature, one of each Feature of a FeatureCollection.

    Raises:
        InvalidRequest: as `resolve_areas`.
    """
    document = _read(path)
    name = path.name.removesuffix(_ENDING)
    if document.get("type") != "FeatureCollection":
        return _polygons(name, document, f"{path}: ")
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise InvalidRequest(f"The FeatureCollection {path} has no Feature: give it at least one with a polygon.")
    return [
        area
        for number, feature in enumerate(features, 1)
        for area in _polygons(
            _name_of(feature) or f"{name} {number}",
            feature,
            f"Feature number {number} of {path} has no usable polygon: ",
        )
    ]


def _name_of(feature: Any) -> str | None:
    """Return the `name` among the properties of a Feature."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name.strip() or None if isinstance(name, str) else None


def _path_of(name: str, areas_dir: Path) -> Path:
    path = areas_dir / f"{name}{_ENDING}"
    if not path.is_file():
        there = ", ".join(area_names(areas_dir)) or "none"
        raise InvalidRequest(f"There is no area {name!r} in {areas_dir}; there are: {there}.")
    return path


def _read(path: Path) -> JsonDict:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidRequest(f"The GeoJSON file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise InvalidRequest(f"{path} is not GeoJSON: it is not JSON ({error}).") from None
    if not isinstance(document, dict) or "type" not in document:
        raise InvalidRequest(f"{path} is not GeoJSON: it has no member 'type'.")
    return document


def _polygons(name: str, geojson: JsonDict, begin: str) -> list[Area]:
    if not isinstance(geojson, dict):
        raise InvalidRequest(f"{begin}it is no JSON object.")
    try:
        return _split(name, polygon_of(geojson))
    except ValueError as error:
        raise InvalidRequest(f"{begin}{error}.") from None


def _split(name: str, geometry: JsonDict) -> list[Area]:
    """Return one area, or two if the geometry lies on both sides of the antimeridian."""
    parts = hemispheres(geometry)
    if len(parts) == 1:
        return [Area(name=name, geometry=geometry)]
    return [Area(name=f"{name} ({side})", geometry=part) for side, part in zip(_HEMISPHERES, parts, strict=True)]
