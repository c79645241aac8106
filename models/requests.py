"""Parameters of the flows: one model each, which is also the form in the Prefect UI and the command line."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from models.area import BBox, JsonDict
from models.area_query import AreaQuery, Request
from models.deployment_name import DeploymentName
from models.failure import FailureClass
from models.period import DatetimeRange
from models.period import bounds_of as period_bounds

COLLECTION_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$"
COLLECTION_ID_LENGTH = 64
"""Characters. The service publishes no limit; its longest recorded id has 30, a withdrawn page said 32."""

TUTORIAL_BBOX = [-22.455626, 63.834083, -22.395201, 63.880750]
TUTORIAL_RANGE = "2024-02-04/2024-02-11"


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
    """Title in the GeoCatalog. Empty: that which it has, or else the id."""
    mosaics: list[Mosaic] = Field(default_factory=list, title="Mosaics")
    """Mosaics in addition to "Most recent available"."""
    min_zoom: int = Field(default=8, ge=0, le=24, title="Minimum zoom")
    """Map zoom level from which the Explorer draws the imagery, 0 (world) to 24."""
    max_items_per_tile: int = Field(default=35, ge=1, le=1000, title="Items per tile")
    """Most Items read to fill one map tile."""


class _Collections(Request):
    collection_id: CollectionId = Field(title="Collection id")
    """Collection of the GeoCatalog that receives the Items; `onboard_collection` creates it."""
    source_collection: CollectionId = Field(default="sentinel-2-l2a", title="Source Collection")
    """Collection of the public Planetary Computer to read."""


class ItemQuery(AreaQuery, _Collections):
    """Items of a source Collection in an area and a time, and how they get into a Collection of the GeoCatalog."""

    datetime_range: DatetimeRange = Field(default=TUTORIAL_RANGE, title="Datetime range")
    """START/END, such as 2024-02-04/2024-02-11; both ends inclusive; `..` leaves an end open."""
    lookback_days: float | None = Field(default=None, gt=0, le=3660, title="Look back")
    """Days before now to look at, in the place of the datetime range: for schedules. An ingest that comes late looks
    back to where the last complete one ended."""
    max_cloud_cover: float | None = Field(default=None, ge=0, le=100, title="Cloud cover limit")
    """Most cloud cover of an Item (`eo:cloud_cover`), percent. Empty: any."""
    filter: Cql2 | None = Field(default=None, title="CQL2 filter")
    """Further condition as CQL2-JSON, checked by the source catalog."""
    proof: Literal["auto", "all", "sample", "none"] = Field(default="auto", title="Proof of assets")
    """Of which Items the signed assets are read back: all, a 5 % sample, none; auto is all up to 150 Items."""
    source_kind: Literal["SasToken", "BlobManagedIdentity"] = Field(default="SasToken", title="Ingestion source")
    """How the GeoCatalog may read the assets: a SAS token of the Planetary Computer, or its managed identity."""
    managed_identity: str | None = Field(default=None, title="Managed identity")
    """Object id of the managed identity, for that kind. Empty: the only one that the GeoCatalog has."""
    replace_changed: bool = Field(default=False, title="Replace changed Items")
    """On: an Item that the source has changed since it was ingested is sent again. Off: it is only reported."""

    @property
    def when(self) -> str:
        """The acquisition times asked for, in words: part of the flow run's name."""
        return f"last {self.lookback_days:g} days" if self.lookback_days else self.datetime_range

    @property
    def condition(self) -> JsonDict | None:
        """Filter and cloud cover limit as one CQL2-JSON expression, or None."""
        conditions: list[JsonDict] = [self.filter] if self.filter else []
        if self.max_cloud_cover is not None:
            conditions.append({"op": "<=", "args": [{"property": "eo:cloud_cover"}, self.max_cloud_cover]})
        return conditions[0] if len(conditions) == 1 else {"op": "and", "args": conditions} if conditions else None


class IngestRequest(ItemQuery):
    """Bring the Items of an area and a time into a Collection of the GeoCatalog."""

    instead_of_area = " (or item_ids)"

    item_ids: list[str] = Field(default_factory=list, title="Item ids")
    """Exactly these Items of the source, whatever their area and time. Empty: all that match."""
    max_items: int | None = Field(default=None, ge=1, title="Maximum Items")
    """Stop after this many Items, newest first. Empty: all that match."""
    verify_asset: str | None = Field(default=None, title="Asset to verify")
    """Asset that is downloaded whole and decoded, such as B09. Empty: the coarsest raster."""

    @property
    def needs_area(self) -> bool:
        """Tell whether the area says which Items are meant."""
        return not self.item_ids

    @property
    def is_partial(self) -> bool:
        """Tell whether it asks for some Items of the window only, so that the window is not complete after it."""
        return self.max_items is not None or bool(self.item_ids)

    @property
    def when(self) -> str:
        """The acquisition times asked for, or the number of Items, in words: part of the flow run's name."""
        return f"{len(self.item_ids)} Items by id" if self.item_ids else super().when


class BackfillRequest(Request):
    """Ingest a long window in child runs, each of which can be rerun alone."""

    ingest: IngestRequest = Field(title="Ingest")
    """What to ingest; its datetime range is the whole window, with both ends."""
    every: Literal["day", "month"] = Field(default="month", title="Length of a child run")
    """Each child run takes one day or one month (UTC); one that has too many Items is halved."""
    at_once: int = Field(default=2, ge=1, le=50, title="Child runs at once")
    """Most child runs at work at the same time."""
    deployment: DeploymentName | None = Field(default=None, title="Deployment of the child runs")
    """Such as ingest-items/ingest-items: children run wherever its work pool says. Empty: in this process."""

    @model_validator(mode="after")
    def _has_both_ends(self) -> "BackfillRequest":
        if self.ingest.lookback_days is not None or None in period_bounds(self.ingest.datetime_range):
            raise ValueError("a backfill needs a datetime_range with both ends, and no lookback_days")
        return self


class RerunRequest(Request):
    """Send again what failed, and only that. Give a run, a deployment, a Collection, or all Collections."""

    run_id: str | None = Field(default=None, min_length=8, title="Run")
    """Id of a flow run as Prefect has it, or of a run as the ledger has it; or its first eight characters or more."""
    deployment: str | None = Field(default=None, title="Deployment")
    """Name of a deployment: its latest run is meant."""
    collection_id: CollectionId | None = Field(default=None, title="Collection id")
    """All that failed in this Collection, whichever run it was."""
    all_collections: bool = Field(default=False, title="All Collections")
    """On: all that failed in any Collection of the GeoCatalog. For schedules."""
    classes: list[FailureClass] = Field(default_factory=list, title="Error classes")
    """Only Items that failed with an error of one of these classes, such as transient. Empty: any."""
    states: list[Literal["failed", "unproven", "rejected"]] = Field(default=["failed", "unproven"], title="States")
    """Last states of the Items to take: failed, unproven, rejected."""
    codes: list[str] = Field(default_factory=list, title="Error codes")
    """Only Items that failed with one of these error codes. Empty: any."""
    max_age_hours: float | None = Field(default=None, gt=0, title="Maximum age")
    """Only Items that failed within so many hours. Empty: any age."""
    dead_letters: bool = Field(default=False, title="Dead letters too")
    """On: Items that failed for good (class permanent) are sent again too."""
    dry_run: bool = Field(default=False, title="Dry run")
    """On: only list what would be sent."""

    @model_validator(mode="after")
    def _something_named(self) -> "RerunRequest":
        if not (self.run_id or self.deployment or self.collection_id or self.all_collections):
            raise ValueError("name a run_id, a deployment or a collection_id, or switch all_collections on")
        return self

    @property
    def what(self) -> str:
        """What is named, in words: part of the flow run's name."""
        return f"of {self.run_id or self.deployment or self.collection_id or 'all Collections'}"


class LedgerRequest(Request):
    """Show what the ledger knows of a Collection, or all that happened to one of its Items."""

    collection_id: CollectionId = Field(title="Collection id")
    """Collection of the GeoCatalog."""
    item_id: str | None = Field(default=None, min_length=1, title="Item id")
    """Item of that Collection whose history is shown. Empty: runs, states and failures of all Items."""

    @model_validator(mode="before")
    @classmethod
    def _item_in_a_collection(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("item_id") and not given.get("collection_id"):
            raise ValueError("item_id needs collection_id: ids of Items are unique in their Collection only")
        return given


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
