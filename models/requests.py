"""Parameters of the flows: one model each, which is also the form in the Prefect UI and the command line."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.area import BBox, Geometry, JsonDict, bounds_of
from models.period import DatetimeRange

COLLECTION_ID_PATTERN = r"^[A-Za-z0-9_.\-]+$"
COLLECTION_ID_LENGTH = 64
"""Characters. The service publishes no limit; its longest recorded id has 30, a withdrawn page said 32."""

TUTORIAL_BBOX = [-22.455626, 63.834083, -22.395201, 63.880750]
TUTORIAL_RANGE = "2024-02-04/2024-02-11"


class Request(BaseModel):
    """A request: unknown fields are refused, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


CollectionId = Annotated[str, Field(min_length=1, max_length=COLLECTION_ID_LENGTH, pattern=COLLECTION_ID_PATTERN)]


def _check_cql(filter_: JsonDict) -> JsonDict:
    if "op" not in filter_ or not isinstance(filter_.get("args"), list):
        raise ValueError(
            'a CQL2-JSON filter has "op" and "args", such as {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 20]}'
        )
    return filter_


Cql2 = Annotated[JsonDict, AfterValidator(_check_cql)]


class Mosaic(Request):
    """A mosaic: which Items the Explorer shows, newest first."""

    name: str = Field(min_length=1, max_length=30, title="Name")
    """Name shown in the Explorer; at most 30 characters."""
    description: str = Field(default="", title="Description")
    """What the mosaic shows."""
    cql: list[Cql2] = Field(default_factory=list, title="CQL2 conditions")
    """CQL2-JSON conditions, all of which hold; none means every Item."""


class OnboardRequest(Request):
    """Create or update a Collection and configure how it is shown."""

    source_collection: CollectionId = Field(default="sentinel-2-l2a", title="Source Collection")
    """Collection of the public Planetary Computer to take over."""
    collection_id: CollectionId | None = Field(default=None, title="Collection id")
    """Id in the GeoCatalog. Empty: a new unique one, made from the source's id."""
    title: str | None = Field(default=None, max_length=200, title="Title")
    """Title in the GeoCatalog. Empty: the id."""
    mosaics: list[Mosaic] = Field(default_factory=list, title="Mosaics")
    """Mosaics in addition to "Most recent available"."""
    min_zoom: int = Field(default=8, ge=0, le=24, title="Minimum zoom")
    """Map zoom level from which the Explorer draws the imagery, 0 (world) to 24."""
    max_items_per_tile: int = Field(default=35, ge=1, le=1000, title="Items per tile")
    """Most Items read to fill one map tile."""


class IngestRequest(Request):
    """Bring the Items of an area and a time into a Collection of the GeoCatalog."""

    collection_id: CollectionId = Field(title="Collection id")
    """Collection of the GeoCatalog that receives the Items; `onboard_collection` creates it."""
    source_collection: CollectionId = Field(default="sentinel-2-l2a", title="Source Collection")
    """Collection of the public Planetary Computer to read."""
    bbox: BBox | None = Field(default=None, title="Bounding box")
    """West, south, east, north in WGS 84 degrees. Give this or a geometry."""
    geometry: Geometry | None = Field(default=None, title="GeoJSON geometry")
    """GeoJSON Polygon or MultiPolygon in WGS 84 degrees. Give this or a bounding box."""
    datetime_range: DatetimeRange = Field(default=TUTORIAL_RANGE, title="Datetime range")
    """START/END, such as 2024-02-04/2024-02-11; both ends inclusive; `..` leaves an end open."""
    max_cloud_cover: float | None = Field(default=None, ge=0, le=100, title="Cloud cover limit")
    """Most cloud cover of an Item (`eo:cloud_cover`), percent. Empty: any."""
    filter: Cql2 | None = Field(default=None, title="CQL2 filter")
    """Further condition as CQL2-JSON, checked by the source catalog."""
    max_items: int | None = Field(default=None, ge=1, title="Maximum Items")
    """Stop after this many Items, newest first. Empty: all that match."""
    proof: Literal["auto", "all", "sample", "none"] = Field(default="auto", title="Proof of assets")
    """Of which Items the signed assets are read back: all, a 5 % sample, none; auto is all up to 150 Items."""
    source_kind: Literal["SasToken", "BlobManagedIdentity"] = Field(default="SasToken", title="Ingestion source")
    """How the GeoCatalog may read the assets: a SAS token of the Planetary Computer, or its managed identity."""
    managed_identity: str | None = Field(default=None, title="Managed identity")
    """Object id of the managed identity, for that kind. Empty: the only one that the GeoCatalog has."""
    verify_asset: str | None = Field(default=None, title="Asset to verify")
    """Asset that is downloaded whole and decoded, such as B09. Empty: the coarsest raster."""

    @model_validator(mode="after")
    def _one_area(self) -> "IngestRequest":
        if (self.bbox is None) == (self.geometry is None):
            raise ValueError("give either a bbox or a geometry as the area, not both and not neither")
        return self

    @property
    def bounds(self) -> list[float]:
        """[west, south, east, north] of the area, WGS 84 degrees."""
        return self.bbox or bounds_of(self.geometry or {})


class RemoveRequest(Request):
    """Delete a Collection with its Items, and the ingestion sources made for it."""

    collection_id: CollectionId = Field(title="Collection id")
    """Collection of the GeoCatalog to delete."""
    dry_run: bool = Field(default=True, title="Dry run")
    """On: only list what would be deleted."""
    source_ids: list[str] = Field(default_factory=list, title="Ingestion sources")
    """Ids of ingestion sources to delete too, as the report of the run that created them names them."""


class TutorialRequest(Request):
    """All the steps of Microsoft's tutorial, with its own values as defaults."""

    source_collection: CollectionId = Field(default="sentinel-2-l2a", title="Source Collection")
    """Collection of the public Planetary Computer to take over."""
    collection_id: CollectionId | None = Field(default=None, title="Collection id")
    """Id in the GeoCatalog. Empty: a new unique one."""
    bbox: BBox = Field(default=TUTORIAL_BBOX, title="Bounding box")
    """West, south, east, north in WGS 84 degrees."""
    datetime_range: DatetimeRange = Field(default=TUTORIAL_RANGE, title="Datetime range")
    """START/END; both ends inclusive."""
    max_items: int = Field(default=6, ge=1, le=150, title="Maximum Items")
    """Stop after this many Items."""
    remove: bool = Field(default=False, title="Remove afterwards")
    """On: delete the Collection, its Items and the ingestion sources of this run at the end."""


def as_parameters(request: Request) -> dict[str, Any]:
    """Return the request as the parameters of its flow, as a deployment run takes them."""
    return {"request": request.model_dump(mode="json", exclude_defaults=True)}
