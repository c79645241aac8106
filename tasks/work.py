"""What all task runs of one ingest share."""

from dataclasses import dataclass

from models.delivery import Delivery
from tasks.progress import Progress
from tasks.run_record import RunRecorder
from tasks.source_lease import SourceLease
from tasks.spool import ItemSpool


@dataclass(frozen=True)
class Work:
    """One ingest at work; safe to share between threads.

    Attributes:
        proof: of which Items the assets are read back: all, sample or none.
        run: writes what happens to Items into the ledger.
        lease: keeps the ingestion sources valid while operations are open.
    """

    request: Delivery
    spool: ItemSpool
    progress: Progress
    proof: str
    run: RunRecorder
    lease: SourceLease

    @property
    def collection_id(self) -> str:
        """The Collection of the GeoCatalog that receives the Items."""
        return self.request.collection_id
