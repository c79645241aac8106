"""What every request says that brings Items into a Collection of the GeoCatalog, wherever they come from."""

from typing import Any, Protocol

from models.area import JsonDict
from models.area_query import AreaName


class Delivery(Protocol):
    """How Items get into a Collection, and which window of time they are looked for in."""

    @property
    def collection_id(self) -> str:
        """Collection of the GeoCatalog that receives the Items."""

    @property
    def source_collection(self) -> str:
        """Collection that they come from, as the ledger names it."""

    @property
    def proof(self) -> str:
        """Of which Items the signed assets are read back: auto, all, sample, none."""

    @property
    def replace_changed(self) -> bool:
        """Whether an Item that the source has changed is sent again."""

    @property
    def verify_asset(self) -> str | None:
        """Asset that is downloaded whole and decoded; None: the coarsest raster."""

    @property
    def bounds(self) -> list[float] | None:
        """[west, south, east, north] of the area, WGS 84 degrees; None if no single one is known."""

    @property
    def datetime_range(self) -> str | None:
        """START/END; None: any time."""

    @property
    def lookback_days(self) -> float | None:
        """Days before now to look at, in the place of the datetime range."""

    @property
    def is_partial(self) -> bool:
        """Tell whether it asks for some Items of the window only, so that the window is not complete after it."""

    @property
    def needs_area(self) -> bool:
        """Tell whether the area says what is meant."""

    @property
    def bbox(self) -> list[float] | None:
        """West, south, east, north in WGS 84 degrees."""

    @property
    def geometry(self) -> JsonDict | None:
        """GeoJSON Polygon or MultiPolygon in WGS 84 degrees."""

    @property
    def areas(self) -> list[AreaName]:
        """Names of the areas' files."""

    @property
    def geojson_file(self) -> str | None:
        """Path of a file with areas."""

    def model_dump(
        self, *, mode: str = ..., exclude: set[str] | None = ..., exclude_defaults: bool = ...
    ) -> dict[str, Any]:
        """Return it as the ledger keeps it."""
