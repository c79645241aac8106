"""Area statistics by ObservEarth, over the geometries of one's account."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from math import ceil

from clients.observearth import Geometry, ObservEarth
from clients.observearth.client import INDICES as INDICES_THERE
from models.area import JsonDict
from models.area_statistics import Candidate, NamedArea, Period, Statistics
from models.errors import InvalidRequest, RefusedError, SearchTruncated
from models.spectral_index import INDICES, SpectralIndex
from stac.shapes import require_valid, shape_of

SAME_SHAPE = 0.001
"""Share of an area by which a geometry of its name may differ from it: coordinates are rounded on the way."""


class ObservEarthStatistics:
    """Provider of what ObservEarth says of geometries; safe to share between threads."""

    name = "observearth"

    def __init__(self, client: ObservEarth) -> None:
        self._client = client

    def check(self, index: SpectralIndex, *, clear_only: bool) -> None:
        """Raise InvalidRequest for what the service does not compute."""
        offered = [name for name in INDICES_THERE if name in INDICES]
        if index.name not in offered:
            raise InvalidRequest(
                f"ObservEarth does not compute {index.name!r}: choose {', '.join(offered)},"
                " or the provider geocatalog, which takes any expression."
            )
        if clear_only:
            raise InvalidRequest(
                "ObservEarth does not offer to count clear pixels only: switch clear_only off and lower the cloud"
                " cover limit, or choose the provider geocatalog."
            )

    def areas(self) -> list[NamedArea]:
        """Return all geometries of the account, under names that are unique."""
        geometries = self._client.list_geometries()
        times = Counter(geometry.name for geometry in geometries)
        return [
            NamedArea(
                name=geometry.name if times[geometry.name] == 1 else f"{geometry.name} {geometry.id[:8]}",
                geometry=geometry.geometry,
                provider_id=geometry.id,
            )
            for geometry in geometries
        ]

    def prepare(self, areas: list[NamedArea]) -> list[NamedArea]:
        """Return the areas with their ids; what the account has not is created under the area's name.

        Raises:
            InvalidRequest: an area has several polygons or no valid one, its name stands for another polygon there, or
                the service refuses it. Areas before it may have been created then; a rerun finds them.
        """
        if all(area.provider_id for area in areas):
            return areas
        wanted = {area.name: _polygon_of(area) for area in areas if not area.provider_id}
        there = self._client.list_geometries()
        ids = {name: _id_there(name, polygon, there) for name, polygon in wanted.items()}
        return [
            area
            if area.provider_id
            else area.model_copy(update={"provider_id": ids[area.name] or self._create(area.name, wanted[area.name])})
            for area in areas
        ]

    def find_best_items(self, area: NamedArea, periods: Sequence[Period], max_cloud: float) -> list[Candidate | None]:
        """Return the least cloudy Item of each period, to a whole percent.

        The service's answers do not say how cloudy an Item is, so the limit is halved until one is left. One search for
        all periods, and where several Items match up to seven for a period, of which periods share many.
        """

        @cache
        def search(limit: float) -> list[str]:
            return self._search(area, periods, limit)

        found = [_clearest(period, search, max_cloud) for period in periods]
        return [Candidate(item_id=i, date=_date_of(i), fingerprint=i) if i else None for i in found]

    def statistics(
        self, area: NamedArea, candidate: Candidate, index: SpectralIndex, *, clear_only: bool
    ) -> Statistics:
        """Return the mean of the Item's day, which is all that the service says; one request.

        A day on which the service has several values gets the first that is one.
        """
        days = self._client.stats(_id_of(area), candidate.date, candidate.date, 100, index.name)
        means = [day.mean_value for day in days if day.date == candidate.date and day.mean_value is not None]
        return Statistics(date=candidate.date, item_id=candidate.item_id, mean=means[0] if means else None)

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
        """Return the service's PNG; it decides on size and color scale itself. One request."""
        return self._client.image(_id_of(area), candidate.item_id, index.name, colormap)

    def _search(self, area: NamedArea, periods: Sequence[Period], max_cloud: float) -> list[str]:
        """Return the Items of all periods by one search, or by more where the service cuts its answer off."""
        start, end = min(p.start for p in periods), max(p.end for p in periods)
        try:
            return self._client.search(_id_of(area), start, end, max_cloud)
        except SearchTruncated:
            half = len(periods) // 2
            if not half:
                raise
            return self._search(area, periods[:half], max_cloud) + self._search(area, periods[half:], max_cloud)

    def _create(self, name: str, polygon: JsonDict) -> str:
        try:
            return self._client.create_geometry(name, polygon).id
        except RefusedError as error:
            raise InvalidRequest(f"ObservEarth does not take the area {name!r}. {error}") from None


def _id_of(area: NamedArea) -> str:
    if not area.provider_id:
        raise InvalidRequest(f"The area {area.name!r} has not been prepared for ObservEarth.")
    return area.provider_id


def _polygon_of(area: NamedArea) -> JsonDict:
    """Return the one polygon of an area, which is all that the service is known to take."""
    geometry = area.geometry or {}
    polygons = [geometry["coordinates"]] if geometry.get("type") == "Polygon" else geometry.get("coordinates") or []
    if len(polygons) != 1:
        raise InvalidRequest(
            f"The area {area.name!r} has {len(polygons)} polygons, and ObservEarth takes one: give each as an area."
        )
    require_valid(area.name, geometry)
    return {"type": "Polygon", "coordinates": polygons[0]}


def _id_there(name: str, polygon: JsonDict, geometries: list[Geometry]) -> str | None:
    """Return the oldest geometry of a name and a polygon; None if there is none of the name.

    Names are not unique there: a run that was cut off, or two at once, may have left several of the same polygon.
    """
    named = [geometry for geometry in geometries if geometry.name == name]
    same = [geometry for geometry in named if geometry.geometry and _is_same(polygon, geometry.geometry)]
    if same or not named:
        return same[0].id if same else None
    if len(named) == 1 and named[0].geometry is None:
        return named[0].id  # the service did not send it: nothing to compare
    raise InvalidRequest(
        f"ObservEarth has another polygon under the name {name!r}: give the area another name,"
        " or delete the geometry there."
    )


def _is_same(polygon: JsonDict, other: JsonDict) -> bool:
    ours, theirs = shape_of(polygon), shape_of(other)
    return bool(ours.symmetric_difference(theirs).area <= SAME_SHAPE * ours.area)


def _clearest(period: Period, search: Callable[[float], list[str]], max_cloud: float) -> str | None:
    """Return the Item that is left of a period when the limit is lowered; of several, the newest."""

    def below(limit: float) -> list[str]:
        return [item_id for item_id in search(limit) if period.start <= _date_of(item_id) <= period.end]

    ids, none, some = below(max_cloud), -1, ceil(max_cloud)
    while len(ids) > 1 and some - none > 1:
        middle = (none + some) // 2
        if fewer := below(middle):
            ids, some = fewer, middle
        else:
            none = middle
    return max(ids, key=lambda item_id: (_date_of(item_id), item_id), default=None)


def _date_of(item_id: str) -> date:
    """Return the day of an Item by its id, which has the Planetary Computer's form.

    Raises:
        RefusedError: it has another one.
    """
    found = re.match(r"S2[A-D]_MSIL[12][AC]_(\d{8})T", item_id)
    if not found:
        raise RefusedError(f"ObservEarth names an Item {item_id!r}, whose id does not say its day.")
    return datetime.strptime(found[1], "%Y%m%d").date()
