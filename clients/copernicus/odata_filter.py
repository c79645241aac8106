"""Conditions as the OData catalogue writes them; joined by `and`.

Source: APIs/OData.qmd of the Data Space's documentation.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from models.area import JsonDict
from models.copernicus_request import CopernicusQuery

AttributeKind = Literal["String", "Integer", "Double", "DateTimeOffset", "Boolean"]
KNOWN_KINDS: dict[str, AttributeKind] = {
    "productType": "String",
    "platformSerialIdentifier": "String",
    "cloudCover": "Double",
}
"""Attributes that requests have members for; the kinds of others are asked for."""


def query_filter(query: CopernicusQuery, kinds: dict[str, AttributeKind]) -> list[str]:
    """Return the conditions of a query but for area and sensing time.

    Args:
        kinds: of the attributes that the query names.
    """
    published = query.published_bounds
    attributes = [
        ("productType", "eq", query.product_type),
        ("platformSerialIdentifier", "eq", query.platform),
        ("cloudCover", "le", query.max_cloud_cover),
        *((each.name, each.operator, each.value) for each in query.attributes),
    ]
    known = {**kinds, **KNOWN_KINDS}
    return [
        f"Collection/Name eq {quoted(query.collection)}",
        *between("PublicationDate", *published),
        *(attribute(name, operator, value, known[name]) for name, operator, value in attributes if value is not None),
    ]


def between(name: str, start: datetime | None, end: datetime | None) -> list[str]:
    """Return the conditions of a time between two, both inclusive; None is an open end."""
    bounds = (("ge", start), ("le", end))
    return [f"{name} {operator} {instant_text(instant)}" for operator, instant in bounds if instant is not None]


def attribute(name: str, operator: str, value: object, kind: AttributeKind) -> str:
    """Return a condition on an attribute; its kind must be the catalogue's, or nothing matches."""
    text = quoted(str(value)) if kind == "String" else str(value)
    return (
        f"Attributes/OData.CSC.{kind}Attribute/any(att:att/Name eq {quoted(name)}"
        f" and att/OData.CSC.{kind}Attribute/Value {operator} {text})"
    )


def intersects(area: JsonDict) -> str:
    """Return the condition that a product's footprint meets a GeoJSON Polygon or MultiPolygon, WGS 84 degrees."""
    return f"OData.CSC.Intersects(area=geography'SRID=4326;{wkt_of(area)}')"


def wkt_of(geometry: JsonDict) -> str:
    """Return a Polygon or MultiPolygon as well-known text."""
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        return f"POLYGON({_rings(coordinates)})"
    return f"MULTIPOLYGON({','.join(f'({_rings(polygon)})' for polygon in coordinates)})"


def instant_text(instant: datetime) -> str:
    """Return a time as the catalogue writes it, to the microsecond."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def quoted(text: str) -> str:
    """Return a text as a literal; a quote in it is doubled."""
    return "'" + text.replace("'", "''") + "'"


def _rings(polygon: list[Any]) -> str:
    return ",".join(f"({','.join(_positions(ring))})" for ring in polygon)


def _positions(ring: list[Any]) -> Iterator[str]:
    return (f"{position[0]:.7f} {position[1]:.7f}" for position in ring)  # 7 digits are a centimetre
