"""Pairs of an area and a period, and the way in which they are measured: together the key of a result."""

import json
from dataclasses import dataclass
from hashlib import blake2b

from models.area import JsonDict
from models.area_statistics import NamedArea, Period
from models.area_statistics_request import AreaStatisticsRequest
from models.spectral_index import SpectralIndex

DIGEST_BYTES = 16
"""128 bits: no two keys of one ledger are ever equal by chance."""


@dataclass(frozen=True)
class Way:
    """How an area is measured.

    Attributes:
        collection_id: Collection that has the imagery; None where the provider takes none.
        max_cloud: most clouds of an Item, percent.
        clear_only: whether only clear pixels count.
    """

    provider: str
    collection_id: str | None
    index: SpectralIndex
    max_cloud: float
    clear_only: bool

    @classmethod
    def of(cls, request: AreaStatisticsRequest) -> "Way":
        """Return the way that a request asks for."""
        return cls(
            provider=request.provider,
            collection_id=request.collection_id if request.provider == "geocatalog" else None,
            index=request.spectral_index,
            max_cloud=float(request.max_cloud_cover),  # a default is not converted, and 20 is another text than 20.0
            clear_only=request.clear_only,
        )

    def as_json(self) -> JsonDict:
        """Return the way as plain data."""
        return {**vars(self), "index": self.index.expression}


def digest(value: object) -> str:
    """Return the hash of plain data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def place_of(area: NamedArea) -> str:
    """Return the hash of what an area is, whatever its name: its geometry, or else the provider's id."""
    return digest(area.geometry or area.provider_id)


class Pairs:
    """All pairs of a run: each area in each period. No dataclass: Prefect would search each geometry for futures.

    Args:
        areas: as the provider takes them, with names of their own.
        periods: in the order of time, with labels of their own.
    """

    def __init__(self, areas: list[NamedArea], periods: list[Period], way: Way) -> None:
        self.areas = areas
        self.periods = periods
        self.way = way
        self._places = {area.name: place_of(area) for area in areas}

    def __len__(self) -> int:
        return len(self.areas) * len(self.periods)

    def key_of(self, area: NamedArea, period: Period) -> str:
        """Return what identifies the result of an area in a period; the names of areas and periods do not count."""
        return digest([self._places[area.name], str(period.start), str(period.end), self.way.as_json()])

    def place_of(self, area: NamedArea) -> str:
        """Return the hash of what an area is."""
        return self._places[area.name]

    def batches(self, most: int) -> list[list[NamedArea]]:
        """Return the areas in at most so many lists of about equal length."""
        size = -(-len(self.areas) // most)
        return [self.areas[at : at + size] for at in range(0, len(self.areas), size)]
