"""What one running emulator consists of."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from emulator.blobs import BlobStore
from emulator.clock import Clock
from emulator.config import EmulatorConfig
from emulator.item_store import ItemStore
from emulator.sas_tokens import SasTokens


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


def get_state(request: Request) -> EmulatorState:
    """Return the emulator that answers this request (FastAPI dependency)."""
    state: EmulatorState = request.app.state.emulator
    return state


State = Annotated[EmulatorState, Depends(get_state)]
