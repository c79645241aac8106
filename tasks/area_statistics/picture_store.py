"""Pictures as the provider drew them, kept on disk by what they show, so that each is asked for once."""

import threading
from dataclasses import dataclass
from pathlib import Path

from models.area_pairs import Way, digest
from models.area_statistics import Candidate, NamedArea, Provider

SIZE = 640
"""Pixels of the longer side: 10 m pixels of an area of 6.4 km; larger areas are drawn coarser."""


@dataclass(frozen=True)
class Colors:
    """How index values are coloured.

    Attributes:
        colormap: matplotlib's name of it.
        low, high: index values at its ends.
    """

    colormap: str
    low: float
    high: float


class PictureStore:
    """Pictures of one run; safe to share between threads.

    Args:
        folder: is made if there is none; earlier runs may have left pictures there.
    """

    def __init__(self, folder: Path, provider: Provider, way: Way, colors: Colors) -> None:
        self._folder = folder
        self._provider = provider
        self._way = way
        self.colors = colors
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, place: str, source: str | None) -> bytes | None:
        """Return the picture of an area; None if there is none.

        Args:
            place: hash of what the area is.
            source: fingerprint of the Item that it shows.
        """
        path = self._path_of(place, source) if source else None
        return path.read_bytes() if path and path.exists() else None

    def ensure(self, area: NamedArea, place: str, candidate: Candidate) -> None:
        """Fetch a picture unless it is there.

        Raises:
            GeoCatalogFlowsError: as the provider says.
        """
        path = self._path_of(place, candidate.fingerprint)
        if path.exists():
            return
        colors = self.colors
        picture = self._provider.picture(
            area,
            candidate,
            self._way.index,
            size=SIZE,
            rescale=(colors.low, colors.high),
            colormap=colors.colormap,
        )
        part = path.with_suffix(f".{threading.get_ident()}")
        part.write_bytes(picture)
        part.replace(path)  # a run that is killed leaves no half picture

    def _path_of(self, place: str, source: str) -> Path:
        drawn = [place, source, self._way.provider, self._way.index.expression, SIZE, vars(self.colors)]
        return self._folder / f"{digest(drawn)}.png"
