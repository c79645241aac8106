"""What one running emulator consists of."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from emulator.blob_service.uploads import Uploads
from emulator.blobs import BlobStore
from emulator.clock import Clock
from emulator.config import EmulatorConfig
from emulator.faults import Faults
from emulator.geocatalog.bulk.run_queue import RunQueue
from emulator.geocatalog.operations import Operations
from emulator.geocatalog.records import RecordStore
from emulator.item_store import ItemStore
from emulator.request_log import RequestLog
from emulator.sas_tokens import SasTokens
from emulator.upstream_changes import UpstreamChanges
from emulator.upstreams.copernicus.state import Copernicus


@dataclass
class EmulatorState:
    """Everything that the routers share; kept as `app.state.emulator`.

    `config` is replaced as a whole when it changes: read it on each request.
    """

    config: EmulatorConfig
    clock: Clock
    upstream: ItemStore
    """Items of the public Planetary Computer."""
    catalog: ItemStore
    """Items of the GeoCatalog."""
    sas: SasTokens
    blobs: BlobStore
    uploads: Uploads
    """Properties of what clients put on the upstream's blob host."""
    copernicus: Copernicus
    faults: Faults = field(default_factory=Faults)
    requests: RequestLog = field(default_factory=RequestLog)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Secrets of the Key Vault: values by name and version, oldest first."""

    def __post_init__(self) -> None:
        """Open the GeoCatalog's tables in the catalog's file."""
        self.initial_config = self.config
        self.records = RecordStore(self.catalog.database)
        self.operations = Operations(self.catalog.database)
        self.runs = RunQueue(self.catalog.database, self.operations)
        self.upstream_changes = UpstreamChanges(self.upstream)


def get_state(request: Request) -> EmulatorState:
    """Return the emulator that answers this request (FastAPI dependency)."""
    state: EmulatorState = request.app.state.emulator
    return state


State = Annotated[EmulatorState, Depends(get_state)]
