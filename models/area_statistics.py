"""What is measured of an area in a period, and by whom."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from models.area import JsonDict
from models.spectral_index import SpectralIndex


class _Value(BaseModel):
    """Plain data that crosses task boundaries; never changed."""

    model_config = ConfigDict(frozen=True)


class Period(_Value):
    """Whole days, both ends inclusive, UTC.

    Attributes:
        label: `2023-01` of a month; sorts by time.
    """

    label: str
    start: date
    end: date

    @property
    def datetime_range(self) -> str:
        """The period as a STAC search takes it."""
        return f"{self.start}T00:00:00Z/{self.end}T23:59:59.999999Z"


class NamedArea(_Value):
    """One area to measure.

    Attributes:
        name: unique in a run; what tables and files call it.
        geometry: GeoJSON Polygon or MultiPolygon in WGS 84 degrees; None of an area that only the provider knows.
        provider_id: the provider's own id of it; None where it needs none.
    """

    name: str
    geometry: JsonDict | None = None
    provider_id: str | None = None


class Candidate(_Value):
    """The Item that stands for a period.

    Attributes:
        item_id: its id; of the Planetary Computer's form at both providers.
        date: day of the acquisition, UTC.
        cloud_cover: of the whole scene, percent; None where the provider does not say.
        fingerprint: changes whenever the Item does; results made from it may be kept as long as it does not.
        item: what the provider knows of it, for its own further calls; not to be kept.
    """

    item_id: str
    date: date
    cloud_cover: float | None = None
    fingerprint: str
    item: JsonDict = Field(default_factory=dict, repr=False)


class Statistics(_Value):
    """Statistics of an index over an area on one day; None is what the provider does not say, or no pixel.

    Attributes:
        date: day of the acquisition, UTC.
        item_id: of the Item that was measured.
        mean: of the pixels, each weighed by its share that lies in the area.
        median: of the pixels.
        min: of the pixels.
        max: of the pixels.
        std: standard deviation of the population of pixels.
        valid_percent: share of the area's pixels that have data (and are clear, if that was asked), 0..100.
        count: pixels of 10 m that count, partial ones by their share.
    """

    date: date
    item_id: str
    mean: float | None = None
    median: float | None = None
    min: float | None = None
    max: float | None = None
    std: float | None = None
    valid_percent: float | None = None
    count: float | None = None


class Provider(Protocol):
    """Who measures. Safe to share between threads; all its calls may raise what `ApiSession.request` does.

    Requests: `geocatalog` makes one search for an area (all its periods), and for a result one of statistics and one of
    the picture. `observearth` makes the same, and for a period in which several Items match up to seven searches more:
    its answers do not say which is the clearest.
    """

    name: str

    def check(self, index: SpectralIndex, *, clear_only: bool) -> None:
        """Raise InvalidRequest if the provider cannot measure this at all. Asks nobody; call it first."""

    def areas(self) -> list[NamedArea]:
        """Return all areas that the user keeps at the provider.

        Raises:
            InvalidRequest: the provider keeps none.
        """

    def prepare(self, areas: list[NamedArea]) -> list[NamedArea]:
        """Return the areas as the other calls take them; call it once a run. Missing ones are created by name.

        Raises:
            InvalidRequest: an area cannot be used there; the message names it.
        """

    def find_best_items(self, area: NamedArea, periods: Sequence[Period], max_cloud: float) -> list[Candidate | None]:
        """Return the least cloudy Item of each period, in their order; None where there is no imagery.

        All periods at once, so that a run with nothing new asks once for an area, not once for each of its periods.

        Args:
            periods: in the order of time, not overlapping unless the user named them so.
            max_cloud: most clouds in the whole scene, percent.
        """

    def statistics(
        self, area: NamedArea, candidate: Candidate, index: SpectralIndex, *, clear_only: bool
    ) -> Statistics:
        """Return what the index is in the area; no mean if no pixel counts.

        Args:
            clear_only: only pixels that the scene classification calls vegetation, bare, water, unclassified or snow.
        """

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
        """Return a PNG of the index, transparent outside of the area and without data.

        Args:
            size: pixels of the longer side. `observearth` takes no size: its pictures have that which it likes.
            rescale: index values of the color map's ends. `observearth` takes none, and draws by its own scale.
            colormap: matplotlib's name of it, such as `RdYlGn`.
        """
