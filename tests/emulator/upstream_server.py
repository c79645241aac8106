"""A server with only the upstream's routers, for tests that need real HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI

from emulator.blobs import BlobStore
from emulator.clock import Clock
from emulator.config import EmulatorConfig
from emulator.content.loading import ContentLoader
from emulator.item_store import ItemStore
from emulator.sas_tokens import SasTokens
from emulator.state import EmulatorState


@contextmanager
def serve(content: Path, data_dir: Path, routers: list[APIRouter]) -> Iterator[EmulatorState]:
    """Serve `routers` over the generated content on a free port; `state.config.public_url` is the URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        state = open_state(content, data_dir, url)
        app = FastAPI()
        app.state.emulator = state
        for router in routers:
            app.include_router(router)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        try:
            yield state
        finally:
            server.should_exit = True
            thread.join()


def open_state(content: Path, data_dir: Path, url: str) -> EmulatorState:
    """An emulator's state over the generated content."""
    blobs = BlobStore(data_dir, content)
    state = EmulatorState(
        config=EmulatorConfig(public_url=url),
        clock=Clock(),
        upstream=ItemStore(data_dir / "upstream.sqlite"),
        catalog=ItemStore(data_dir / "catalog.sqlite"),
        sas=SasTokens(),
        blobs=blobs,
    )
    ContentLoader(state.upstream, blobs, url).load_generated(content)
    return state
