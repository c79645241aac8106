"""What became of each pair of an area and a period."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from models.area_statistics import Period, Statistics
from models.failure import Failure


class ResultState(StrEnum):
    """Last state of a pair."""

    MEASURED = "measured"
    """It has statistics."""
    NO_IMAGERY = "no imagery"
    """No Item of the period shows the area with few enough clouds: an answer, not an error."""
    FAILED = "failed"
    """It could not be found out; the next run tries again."""


class AreaResult(BaseModel):
    """One area in one period.

    Attributes:
        area: name of the area.
        state: last state reached.
        source: which imagery it was made of, as a fingerprint of the Item; None without imagery.
        statistics: only if measured.
        failure: only if failed.
    """

    model_config = ConfigDict(frozen=True)

    area: str
    period: Period
    state: ResultState
    source: str | None = None
    statistics: Statistics | None = None
    failure: Failure | None = None

    @property
    def mean(self) -> float | None:
        """Mean of the index; None where there is none."""
        return self.statistics.mean if self.statistics else None


class Results:
    """The results of a run. No list: Prefect would search each result for futures, at each task that is given them.

    Args:
        results: area by area, each in the order of time.

    Attributes:
        by_area: the same by the name of the area.
    """

    def __init__(self, results: list[AreaResult]) -> None:
        self._all = results
        self.by_area = {name: list(of_area) for name, of_area in groupby(results, key=lambda result: result.area)}

    def __iter__(self) -> Iterator[AreaResult]:
        """Return them one by one."""
        return iter(self._all)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all)
