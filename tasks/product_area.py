"""An area as the Copernicus catalogue can be asked for it."""

from functools import cached_property
from typing import Any

from models.area import Area, JsonDict, bounds_of
from models.copernicus import Product

MAX_VERTICES = 150
"""Vertices of an area that travel in the URL of a search: some 3 kB; gateways refuse URLs from 8 kB on."""


class ProductArea:
    """Asks for a simpler area that holds the one meant, where that has too many vertices, and passes over the rest."""

    def __init__(self, area: Area) -> None:
        self._exact = area.geometry or _box(area.bounds)

    @cached_property
    def asked(self) -> JsonDict:
        """GeoJSON Polygon or MultiPolygon to ask the catalogue for."""
        if _vertices(self._exact["coordinates"]) <= MAX_VERTICES:
            return self._exact
        from shapely.geometry import mapping, shape  # 13 MB, which few areas need

        hull = dict(mapping(shape(self._exact).convex_hull))
        return hull if _vertices(hull["coordinates"]) <= MAX_VERTICES else _box(bounds_of(self._exact))

    def holds(self, product: Product) -> bool:
        """Tell whether a product that matched lies in the area meant; the catalogue judges if it was asked for that."""
        if self.asked is self._exact or product.footprint is None:
            return True
        from shapely import make_valid
        from shapely.geometry import shape

        return bool(shape(self._exact).intersects(make_valid(shape(product.footprint))))


def _box(bounds: list[float]) -> JsonDict:
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _vertices(coordinates: Any) -> int:
    """Return the number of positions in nested lists of them."""
    return 1 if isinstance(coordinates[0], int | float) else sum(map(_vertices, coordinates))
