"""Area statistics by the tiler of one's own GeoCatalog: no imagery is downloaded."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from clients.geocatalog import GeoCatalog
from models.antimeridian import hemispheres
from models.area import JsonDict
from models.area_statistics import Candidate, NamedArea, Period, Statistics
from models.errors import InvalidRequest
from models.spectral_index import SpectralIndex
from stac.band_math import BEYOND, counting_expression, index_expression
from stac.best_item import best_item, search_geometry
from stac.fingerprint import fingerprint
from stac.measuring_grid import measuring_grid
from stac.pixel_grid import PixelGrid, picture_grid
from stac.shapes import require_valid
from stac.tiler_statistics import HISTOGRAM, all_pixels, counted_pixels, has_undefined

PAGE_SIZE = 250
"""Items a page of a search; only what is needed of each is transferred, some 2 kB."""
FIELDS = {"include": ["id", "geometry", "properties"]}


class GeoCatalogStatistics:
    """Provider of statistics and pictures of one Collection; safe to share between threads."""

    name = "geocatalog"

    def __init__(self, catalog: GeoCatalog, collection_id: str) -> None:
        self._catalog = catalog
        self._collection_id = collection_id

    def check(self, index: SpectralIndex, *, clear_only: bool) -> None:
        """Refuse nothing: the tiler computes any expression."""

    def areas(self) -> list[NamedArea]:
        """Raise InvalidRequest: a GeoCatalog keeps no areas."""
        raise InvalidRequest("A GeoCatalog keeps no areas: name them in the request.")

    def prepare(self, areas: list[NamedArea]) -> list[NamedArea]:
        """Return the areas as they are.

        Raises:
            InvalidRequest: the Collection does not exist, or an area is no valid polygon or on both sides of the
                antimeridian.
        """
        if self._catalog.stac.get_collection(self._collection_id) is None:
            raise InvalidRequest(
                f"The GeoCatalog has no Collection {self._collection_id!r}: check collection_id, or onboard it first."
            )
        for area in areas:
            require_valid(area.name, _geometry_of(area))
            if len(hemispheres(_geometry_of(area))) > 1:
                raise InvalidRequest(
                    f"The area {area.name!r} lies on both sides of the antimeridian, where no picture shows both:"
                    " give it as two areas, one on each side."
                )
        return areas

    def find_best_items(self, area: NamedArea, periods: Sequence[Period], max_cloud: float) -> list[Candidate | None]:
        """Return the Item of each period that covers the area best and is the least cloudy; one search for all."""
        if not periods:
            return []
        geometry = _geometry_of(area)
        items = list(self._catalog.stac.search(self._search_body(geometry, periods, max_cloud)))
        days = [_date_of(item) for item in items]
        within = [[item for item, day in zip(items, days, strict=True) if p.start <= day <= p.end] for p in periods]
        best = [best_item(found, geometry) for found in within]
        return [_candidate(item) if item else None for item in best]

    def statistics(
        self, area: NamedArea, candidate: Candidate, index: SpectralIndex, *, clear_only: bool
    ) -> Statistics:
        """Return statistics of the pixels in the area that have a value.

        One request; a second one if all pixels are asked for and some have no value, to leave those out.
        """
        if not clear_only:
            bands, share = self._bands(area, candidate, index_expression(index, candidate.item, BEYOND), {})
            if not has_undefined(bands):
                return _statistics(candidate, all_pixels(bands), share)
        expression = counting_expression(index, candidate.item, clear_only=clear_only)
        bands, share = self._bands(area, candidate, expression, HISTOGRAM)
        return _statistics(candidate, counted_pixels(bands), share)

    def picture(
        self,
        area: NamedArea,
        candidate: Candidate,
        index: SpectralIndex,
        *,
        size: int,
        rescale: tuple[float, float],
        colormap: str,
    ) -> bytes:
        """Return a PNG of the index; one request."""
        geometry = _geometry_of(area)
        grid = picture_grid(geometry, candidate.item, size)
        options = _options(index_expression(index, candidate.item, 0), grid) | {
            "rescale": f"{rescale[0]:g},{rescale[1]:g}",
            "colormap_name": colormap.lower(),  # as rio-tiler names matplotlib's
        }
        pixels = (grid.width, grid.height)
        return self._catalog.data.feature_picture(self._collection_id, candidate.item_id, geometry, pixels, options)

    def _bands(
        self, area: NamedArea, candidate: Candidate, expression: str, more: dict[str, Any]
    ) -> tuple[list[JsonDict], float]:
        """Return what the tiler says of each band of an expression, and how many pixels of 10 m one of its is."""
        polygon, grid = measuring_grid(_geometry_of(area), candidate.item, expression)
        place = {"coord_crs": grid.crs, "width": grid.width, "height": grid.height}
        options = _options(expression, grid) | place | more
        bands = self._catalog.data.feature_statistics(self._collection_id, candidate.item_id, polygon, options)
        return bands, grid.share

    def _search_body(self, geometry: JsonDict, periods: Sequence[Period], max_cloud: float) -> JsonDict:
        span = Period(label="", start=min(p.start for p in periods), end=max(p.end for p in periods))
        return {
            "collections": [self._collection_id],
            "intersects": search_geometry(geometry),
            "datetime": span.datetime_range,
            "filter-lang": "cql2-json",
            "filter": {"op": "<=", "args": [{"property": "eo:cloud_cover"}, max_cloud]},
            "fields": FIELDS,
            "limit": PAGE_SIZE,
        }


def _statistics(candidate: Candidate, values: JsonDict, share: float) -> Statistics:
    counted = values | {"count": values["count"] * share}
    return Statistics(date=candidate.date, item_id=candidate.item_id, **counted)


def _options(expression: str, grid: PixelGrid) -> dict[str, Any]:
    """Return what both calls say: the assets are named as bands, and 0 is no data in all of them."""
    return {
        "expression": expression,
        "asset_as_band": "true",
        "nodata": 0,
        "dst_crs": grid.crs,
    }


def _candidate(item: JsonDict) -> Candidate:
    properties = item["properties"]
    return Candidate(
        item_id=item["id"],
        date=_date_of(item),
        cloud_cover=properties.get("eo:cloud_cover"),
        fingerprint=fingerprint(item),
        item={"id": item["id"], "properties": properties},
    )


def _date_of(item: JsonDict) -> date:
    """Return the day of an Item, UTC as STAC has it."""
    return date.fromisoformat(str(item["properties"].get("datetime") or item["properties"]["start_datetime"])[:10])


def _geometry_of(area: NamedArea) -> JsonDict:
    if area.geometry is None:
        raise InvalidRequest(f"The area {area.name!r} has no polygon, which the GeoCatalog needs.")
    return area.geometry
