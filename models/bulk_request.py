"""Parameters of the flow for tens of thousands of Items."""

from typing import Literal

from pydantic import Field

from models.requests import IngestRequest

MAX_BULK_ITEMS = 100_000
"""Items of one bulk run: ten parts. What is known of each stays in memory, some 1 kB; the Item itself does not."""


class BulkRequest(IngestRequest):
    """Bring tens of thousands of Items into a Collection by the GeoCatalog's own bulk ingestion."""

    replace_changed: Literal[False] = Field(default=False, title="Replace changed Items")
    """Always off: bulk ingestion leaves Items that the catalog has as they are; `ingest` replaces them."""
    max_items: int | None = Field(default=None, ge=1, le=MAX_BULK_ITEMS, title="Maximum Items")
    """Stop after this many Items, newest first. Empty: all that match, at most 100,000."""
    import_type: Literal["StacGeoparquet", "StaticCatalog"] = Field(default="StacGeoparquet", title="Import type")
    """What is staged: one stac-geoparquet file (from api-version 2026-04-15 on), or a static catalog of JSON files."""
    part_size: int = Field(default=10_000, ge=1, le=MAX_BULK_ITEMS, title="Items of a part")
    """Most Items of one bulk ingestion; the limit of the service's preview was 10,000."""
    single_retries: int = Field(default=200, ge=0, le=2_000, title="Single retries")
    """Most Items that bulk ingestion left out and that are then sent singly, so that each gets an error code."""

    @property
    def ordinary(self) -> IngestRequest:
        """The same Items as a request of `ingest_items`: runs of both share ledger and watermark."""
        return IngestRequest(**self.model_dump(include=set(IngestRequest.model_fields)))
