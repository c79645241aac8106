"""Parameters and report of the flow that brings Copernicus products into a GeoCatalog."""

from typing import Literal

from pydantic import Field

from models.copernicus_request import CopernicusQuery
from models.reports import IngestReport
from models.requests import CollectionId

SOURCE = "copernicus/"
"""Begin of the names that the ledger gives to Collections of the Copernicus catalogue, as sources of Items."""

SHOWN = 20
"""Names of a kind that a report shows at most."""


class IngestCopernicusRequest(CopernicusQuery):
    """Bring Copernicus products into a Collection of the GeoCatalog, by way of a staging container of yours."""

    collection_id: CollectionId = Field(title="Collection id")
    """Collection of the GeoCatalog that receives the Items; it is created if there is none."""
    convert_to_cog: bool = Field(default=True, title="Convert to COG")
    """On: JPEG 2000 bands are staged as Cloud Optimized GeoTIFF, which renders faster. Off: as they are."""
    source_kind: Literal["BlobManagedIdentity", "SasToken"] = Field(
        default="BlobManagedIdentity", title="Ingestion source"
    )
    """How the GeoCatalog may read the container: by its managed identity, or by the SAS that is set."""
    managed_identity: str | None = Field(default=None, title="Managed identity")
    """Object id of the managed identity, for that kind. Empty: the only one that the GeoCatalog has."""
    proof: Literal["auto", "all", "sample", "none"] = Field(default="auto", title="Proof of assets")
    """Of which Items the signed assets are read back: all, a 5 % sample, none; auto is all up to 150 Items."""
    replace_changed: bool = Field(default=False, title="Replace changed products")
    """On: a product that was processed again since takes the place of the older one. Off: it is only reported."""
    verify_asset: str | None = Field(default=None, title="Asset to verify")
    """Asset that is downloaded whole and decoded, such as visual. Empty: the coarsest raster."""

    @property
    def source_collection(self) -> str:
        """Collection that the products come from, as the ledger names it."""
        return f"{SOURCE}{self.collection}"

    @property
    def is_partial(self) -> bool:
        """Tell whether it asks for some products of the window only, so that the window is not complete after it."""
        return self.max_products is not None or bool(self.product_ids)


class CopernicusIngestReport(IngestReport):
    """What an ingest of products found, did and proved; an Item is made of each product.

    Attributes:
        offline: names of products that lie in the archive only: neither ingested nor failed.
        superseded: names of products of which a later processing matched too, and was taken instead.
        received: bytes that were downloaded.
        sent: bytes that were sent to the staging container.
        container_url: the staging container.
        removed: names of products that failed, and whose files went to make room for others.
    """

    offline: list[str] = Field(default_factory=list)
    superseded: list[str] = Field(default_factory=list)
    received: int = 0
    sent: int = 0
    container_url: str = ""
    removed: list[str] = Field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What else is worth telling, a sentence each."""
        return [*self.product_notes, *super().notes]

    @property
    def product_notes(self) -> list[str]:
        """What is worth telling of products and their bytes."""
        moved = f"Received: {self.received:,} bytes; sent to {self.container_url}: {self.sent:,} bytes."
        later = [f"Superseded by a later processing: {name}." for name in self.superseded[:SHOWN]]
        gone = [f"Removed to make room on the disk: the files of {name}." for name in self.removed[:SHOWN]]
        return [moved, *later, *gone, *(f"Offline: {name}." for name in self.offline[:SHOWN])]

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        apart = ""
        if self.offline:
            apart = (
                f" {len(self.offline)} products are offline, such as {self.offline[0]}: order them in the Data"
                " Workspace of the Copernicus Data Space, then run again."
            )
        return f"{super().sentence}{apart}"
