"""What the flow `report-area-statistics` reports."""

from statistics import fmean

from pydantic import BaseModel, Field

from models.area_results import AreaResult, ResultState

NAMED = 3
"""Failed pairs that a sentence names."""


class AreaSummary(BaseModel):
    """One area over all periods.

    Attributes:
        name: of the area.
        mean, low, high: mean, least and greatest of its periods' means; None without any.
        lowest, highest: labels of the periods of `low` and `high`.
        measured, empty, failed: number of its periods with statistics, without imagery, and failed.
    """

    name: str
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    lowest: str = ""
    highest: str = ""
    measured: int
    empty: int
    failed: int

    @classmethod
    def of(cls, name: str, results: list[AreaResult]) -> "AreaSummary":
        """Return the summary of the results of one area."""
        means = {result.period.label: result.mean for result in results if result.mean is not None}
        states = [result.state for result in results]
        counts = {
            "measured": states.count(ResultState.MEASURED),
            "empty": states.count(ResultState.NO_IMAGERY),
            "failed": states.count(ResultState.FAILED),
        }
        if not means:
            return cls(name=name, **counts)
        lowest, highest = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        extremes = {"low": means[lowest], "high": means[highest], "lowest": lowest, "highest": highest}
        return cls(name=name, mean=fmean(means.values()), **extremes, **counts)


class ResultFiles(BaseModel):
    """Files of the results on the machine that ran the flow; None or empty if there are none.

    Attributes:
        csv, parquet: one row for each pair.
        comparison: bar chart of all areas.
        charts: time series by area.
        pictures: pictures by area, in the order of time.
        animations: animation by area.
        page: the report as one HTML file.
    """

    csv: str
    parquet: str
    comparison: str | None = None
    charts: dict[str, str] = Field(default_factory=dict)
    pictures: dict[str, list[str]] = Field(default_factory=dict)
    animations: dict[str, str] = Field(default_factory=dict)
    page: str | None = None


class AreaStatisticsReport(BaseModel):
    """Statistics of areas, and where they are.

    Attributes:
        index: name of the index.
        provider: who measured.
        periods: number of periods, and labels of the first and the last.
        pairs: areas times periods.
        measured, empty, failed: pairs with statistics, without imagery, and failed.
        asked: pairs whose statistics this run asked for; the others were known, or have no imagery.
        summaries: one for each area.
        failures: failed pairs in words, with the cause.
        seconds: wall time.
    """

    index: str
    provider: str
    periods: int
    first: str
    last: str
    pairs: int
    measured: int
    empty: int
    failed: int
    asked: int
    summaries: list[AreaSummary]
    failures: list[str]
    files: ResultFiles
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """What was measured, in a few words."""
        areas = self.summaries[0].name if len(self.summaries) == 1 else f"{len(self.summaries)} areas"
        when = self.first if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.index.upper()} of {areas}, {when}"

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        counted = f"{self.measured} of {self.pairs} pairs of area and period measured, {self.empty} without imagery"
        asked = f"; {self.asked} asked for by this run" if self.asked != self.measured else ""
        if not self.failed:
            return f"{counted}{asked}."
        named = "; ".join(failure.rstrip(".") for failure in self.failures[:NAMED])
        more = f"; and {self.failed - NAMED} more" if self.failed > NAMED else ""
        return f"{counted}, {self.failed} failed{asked}: {named}{more}. Run it again: only these are measured."
