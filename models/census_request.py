"""Parameters of the flow `census`."""

from pydantic import Field

from models.requests import IngestRequest, ItemQuery

IDS_PER_INGEST = 3000
"""Items of one ingest that fills gaps: Prefect takes 512 kB of parameters, and an id has up to 149 characters."""


class CensusRequest(ItemQuery):
    """Compare source, catalog and ledger day by day: which Items are missing, extra, changed or unproven."""

    fill_gaps: bool = Field(default=False, title="Fill gaps")
    """On: ingest what is missing, prove again what is unproven, and count again. Off: only report."""

    def ingests_of(self, item_ids: list[str]) -> list[IngestRequest]:
        """Return the ingests of exactly these Items, in the way that this request asks for."""
        ways = ("source_collection", "datetime_range", "proof", "source_kind", "managed_identity", "replace_changed")
        asked = {name: getattr(self, name) for name in ways}
        return [
            IngestRequest(collection_id=self.collection_id, item_ids=item_ids[at : at + IDS_PER_INGEST], **asked)
            for at in range(0, len(item_ids), IDS_PER_INGEST)
        ]
