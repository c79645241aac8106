"""Parameters of the flow `report-area-statistics`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from models.area_query import AreaQuery
from models.deployment_name import DeploymentName
from models.period import DatetimeRange
from models.period import bounds_of as period_bounds
from models.requests import CollectionId
from models.spectral_index import SpectralIndex

Colormap = Literal["auto", "RdYlGn", "RdBu", "BrBG", "Spectral", "YlGn", "viridis", "cividis"]
Every = Literal["week", "month", "quarter", "year"]
FOLDER_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$"
PERIOD_FIELDS = ("datetime_range", "last", "periods")
"""Members of a request that name its periods; one of them is given."""


def _check_closed(datetime_range: str) -> str:
    if None in period_bounds(datetime_range):
        raise ValueError(f"the datetime range {datetime_range!r} is open; statistics need both ends")
    return datetime_range


ClosedRange = Annotated[DatetimeRange, AfterValidator(_check_closed)]
"""START/END; dates are whole days, both ends inclusive."""


def _check_index(text: str) -> str:
    SpectralIndex.named(text)
    return text.strip()


IndexName = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_check_index)]


class AreaStatisticsRequest(AreaQuery):
    """Statistics of a spectral index for every area and period, with charts, pictures and a report."""

    instead_of_area = " (or all_observearth)"

    provider: Literal["geocatalog", "observearth"] = Field(default="geocatalog", title="Provider")
    """Who computes: the tiler of your own GeoCatalog, or ObservEarth (needs its API key in the settings)."""
    collection_id: CollectionId = Field(default="sentinel-2-l2a", title="Collection id")
    """Collection of the GeoCatalog that has the imagery; for that provider only."""
    all_observearth: bool = Field(default=False, title="All ObservEarth geometries")
    """On: the areas are all the geometries that your ObservEarth account has."""
    datetime_range: ClosedRange | None = Field(default=None, title="Datetime range")
    """START/END, such as 2023-01-01/2023-12-31; both days inclusive. Give this, or one of the next two."""
    last: int | None = Field(default=None, ge=1, le=1000, title="Last periods")
    """So many periods up to today, the one that goes on included: for schedules."""
    periods: list[ClosedRange] = Field(default_factory=list, title="Explicit periods")
    """Periods one by one, each as START/END; both days inclusive."""
    every: Every = Field(default="month", title="Length of a period")
    """Week (from Monday), month, quarter or year of the calendar; the first and last may be cut by the range."""
    index: IndexName = Field(default="ndvi", title="Index")
    """ndvi, evi, savi, msavi, ndwi, or an expression of asset names such as (B08-B03)/(B08+B03)."""
    max_cloud_cover: float = Field(default=20, ge=0, le=100, title="Cloud cover limit")
    """Most cloud cover of an Item, percent; of those below, the least cloudy one of each period is taken."""
    clear_only: bool = Field(default=False, title="Clear pixels only")
    """On: only pixels count that the scene classification calls vegetation, bare, water, unclassified or snow."""
    pictures: Literal["auto", "all", "none"] = Field(default="auto", title="Pictures")
    """A picture for each area and period, and an animation for each area; auto draws them up to 300."""
    charts: bool = Field(default=True, title="Charts")
    """On: a time series for each area; 200 of them take a quarter of a minute. Off: only the comparison is drawn."""
    colormap: Colormap = Field(default="auto", title="Color map")
    """Of pictures and their color bars; auto is RdYlGn, or RdBu for water."""
    color_range: tuple[float, float] | None = Field(default=None, title="Color range")
    """Index values at the two ends of the color bar, such as -0.2 and 0.9. Empty: what is usual for the index."""
    frame_milliseconds: int = Field(default=800, ge=20, le=60_000, title="Frame time")
    """Milliseconds that the animation shows each period."""
    folder: str | None = Field(default=None, max_length=64, pattern=FOLDER_PATTERN, title="Folder")
    """Folder of the results, below the output folder. Empty: named after provider and index."""
    only_failed: bool = Field(default=False, title="Only failed")
    """On: what is done already stays as it is, even if newer imagery has come; nothing is asked about it."""
    deployment: DeploymentName | None = Field(default=None, title="Deployment of child runs")
    """Such as report-area-statistics/azure-batch: child runs measure, wherever its work pool says. They need the same
    ledger. Empty: this run measures."""
    children: int = Field(default=10, ge=2, le=50, title="Child runs")
    """So many child runs, at most, share the areas, or the periods of a single area."""

    @model_validator(mode="after")
    def _one_time(self) -> "AreaStatisticsRequest":
        given = [name for name in PERIOD_FIELDS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                "give exactly one of datetime_range, last and periods as the time;"
                f" got {' and '.join(given) or 'none of them'}"
            )
        if self.color_range and self.color_range[0] >= self.color_range[1]:
            raise ValueError(
                f"color_range begins at {self.color_range[0]:g} and ends at {self.color_range[1]:g}: swap them"
            )
        if self.all_observearth and self.provider != "observearth":
            raise ValueError("all_observearth needs the provider observearth")
        if self.all_observearth and (self.bounds or self.areas or self.geojson_file):
            raise ValueError("give either all_observearth or an area, not both")
        return self

    @property
    def needs_area(self) -> bool:
        """Tell whether the area says what is measured."""
        return not self.all_observearth

    @property
    def spectral_index(self) -> SpectralIndex:
        """The index to measure."""
        return SpectralIndex.named(self.index)

    @property
    def when(self) -> str:
        """The periods asked for, in words: part of the flow run's name."""
        if self.periods:
            return f"{len(self.periods)} periods"
        return f"last {self.last} {self.every}s" if self.last else f"{self.datetime_range} by {self.every}"
