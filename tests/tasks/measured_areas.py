"""Areas on the invented coast, and their measurement by one provider."""

import json
from datetime import date
from math import cos, pi, sin
from pathlib import Path
from typing import Any

from models.area_statistics import NamedArea, Period, Provider
from models.spectral_index import SpectralIndex

COLLECTION = "coast"
AREAS = Path(__file__).parents[2] / "deployments" / "areas"
NDVI = SpectralIndex.named("ndvi")
MONTHS = [
    Period(label=f"2023-{month:02d}", start=date(2023, month, 1), end=date(2023, month, days))
    for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1)
]
FEBRUARY_2024 = Period(label="2024-02", start=date(2024, 2, 1), end=date(2024, 2, 29))
SQUARE = [[-22.44, 63.845], [-22.40, 63.845], [-22.40, 63.87], [-22.44, 63.87], [-22.44, 63.845]]
HOLE = [[-22.43, 63.85], [-22.43, 63.86], [-22.415, 63.86], [-22.415, 63.85], [-22.43, 63.85]]
BESIDE = [[-22.48, 63.865], [-22.46, 63.865], [-22.46, 63.88], [-22.48, 63.88], [-22.48, 63.865]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def circle(positions: int) -> dict[str, Any]:
    """A polygon of many corners, none of which lies on the line between its neighbours."""
    angles = [2 * pi * n / positions for n in range(positions)]
    radii = [0.012 * (1 + 0.001 * (n % 2)) for n in range(positions)]
    ring = [[-22.42 + 2.2 * r * cos(a), 63.857 + r * sin(a)] for a, r in zip(angles, radii, strict=True)]
    return polygon([*ring, ring[0]])


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return polygon([[west, south], [east, south], [east, north], [west, north], [west, south]])


SHAPES = {
    "plain": polygon(SQUARE),
    "hole": polygon(SQUARE, HOLE),
    "two": {"type": "MultiPolygon", "coordinates": [[SQUARE], [BESIDE]]},
    "jagged": circle(10_000),
}


def area(name: str, geometry: dict[str, Any] | None = None) -> NamedArea:
    document = json.loads((AREAS / f"{name}.geojson").read_text()) if geometry is None else {}
    return NamedArea(name=name, geometry=geometry or document["geometry"])


def measure(
    provider: Provider, where: NamedArea, period: Period, *, clear_only: bool = False, index: Any = NDVI
) -> Any:
    (prepared,) = provider.prepare([where])
    (candidate,) = provider.find_best_items(prepared, [period], 100)
    assert candidate
    return provider.statistics(prepared, candidate, index, clear_only=clear_only)
