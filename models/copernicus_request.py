"""Parameters of the flows that read the Copernicus Data Space."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.area_query import AreaQuery, Request
from models.period import DatetimeRange, bounds_of

MAX_PRODUCTS = 10_000
"""Products of one run; at 0.8 GB each and 20 MB/s on each of four connections, that is more than a day."""

Bounds = tuple[datetime | None, datetime | None]
ProductId = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")]


class AttributeCondition(Request):
    """A condition on an attribute of the products."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9]*$", title="Attribute")
    """Such as relativeOrbitNumber, orbitDirection, timeliness; an unknown one is refused with those that there are."""
    operator: Literal["eq", "lt", "le", "gt", "ge"] = Field(default="eq", title="Operator")
    """Equal, less than, less or equal, greater than, greater or equal. Texts can only be equal."""
    value: str = Field(min_length=1, max_length=200, title="Value")
    """Text or number, such as DESCENDING or 138."""


class CopernicusQuery(AreaQuery):
    """Products of one Collection of the Copernicus Data Space."""

    instead_of_area = " (or product_ids)"

    collection: str = Field(default="SENTINEL-2", pattern=r"^[A-Z0-9][A-Z0-9_\-]{1,40}$", title="Collection")
    """Collection of the Copernicus catalogue: SENTINEL-1, SENTINEL-2, SENTINEL-3, SENTINEL-5P, SENTINEL-6, ..."""
    product_type: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_\-]{1,40}$", title="Product type")
    """Such as S2MSI2A (Sentinel-2 L2A), S2MSI1C, IW_GRDH_1S, OL_1_EFR___. Empty: any."""
    platform: str | None = Field(default=None, pattern=r"^[A-Z]$", title="Platform")
    """Unit of the mission: A, B, C or D. Empty: any."""
    datetime_range: DatetimeRange | None = Field(default=None, title="Sensing time")
    """Start of sensing: START/END, such as 2024-02-04/2024-02-11; both ends inclusive; `..` leaves an end open."""
    lookback_days: float | None = Field(default=None, gt=0, le=3660, title="Look back")
    """Days before now to look at, in the place of the sensing time: for schedules. A run that comes late looks back to
    where the last complete one ended."""
    published_range: DatetimeRange | None = Field(default=None, title="Publication time")
    """When the catalogue got the product: START/END, both ends inclusive. Empty: any time."""
    max_cloud_cover: float | None = Field(default=None, ge=0, le=100, title="Cloud cover limit")
    """Most cloud cover of a product, percent. Empty: any. Products without this attribute do not match."""
    attributes: list[AttributeCondition] = Field(default_factory=list, title="Attributes")
    """Further conditions, all of which hold."""
    online_only: bool = Field(default=False, title="Online only")
    """On: products that lie in the archive only are passed over. Off: they are reported as offline."""
    product_ids: list[ProductId] = Field(default_factory=list, title="Product ids")
    """Exactly these products of the Collection, whatever the other conditions say. Empty: all that match."""
    max_products: int | None = Field(default=None, ge=1, le=MAX_PRODUCTS, title="Maximum products")
    """Stop after this many products, oldest first. Empty: all that match, at most 10,000."""

    @model_validator(mode="after")
    def _some_time(self) -> "CopernicusQuery":
        if self.datetime_range and self.lookback_days:
            raise ValueError("give either datetime_range or lookback_days, not both")
        if not (self.product_ids or self.datetime_range or self.lookback_days or self.published_range):
            raise ValueError("say which time: datetime_range, lookback_days or published_range (or product_ids)")
        return self

    @property
    def needs_area(self) -> bool:
        """Tell whether the area says which products are meant."""
        return not self.product_ids

    @property
    def published_bounds(self) -> Bounds:
        """Start and end of the publication time, UTC, both inclusive; None where open."""
        return bounds_of(self.published_range) if self.published_range else (None, None)

    @property
    def when(self) -> str:
        """The times asked for, or the number of products, in words: part of the flow run's name."""
        if self.product_ids:
            return f"{len(self.product_ids)} products by id"
        if self.lookback_days:
            return f"last {self.lookback_days:g} days"
        return self.datetime_range or f"published {self.published_range}"


class DownloadCopernicusRequest(CopernicusQuery):
    """Download products of the Copernicus Data Space to a folder."""

    folder: str | None = Field(default=None, min_length=1, title="Folder")
    """Folder for the files, on the machine that runs the flow. Empty: the setting GEOCATALOG_COPERNICUS_FOLDER."""
