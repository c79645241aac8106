"""Runs the stand-in: in a thread for tests, or as a process."""

from pathlib import Path

import uvicorn

from emulator.azure_batch.account import Account
from emulator.azure_batch.app import create_app
from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.scheduler import Scheduler
from emulator.http_server import HttpServer, listen

START_SECONDS = 30


class BatchServer(HttpServer):
    """One account of Azure Batch on one port; usable as a context manager.

    Args:
        folder: for the nodes' disks.
        host: address to listen on.
        port: 0 takes a free one.

    Raises:
        PortTaken: another program listens there.
    """

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", port: int = 0, config: BatchConfig | None = None
    ) -> None:
        listener = listen(host, port)
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        self.account = Account(folder.resolve(), config or BatchConfig())
        config_of_server = uvicorn.Config(
            create_app(self.account, Scheduler(self.account, self.url)),
            log_level="warning",
            access_log=False,
            timeout_keep_alive=75,  # longer than clients pause
            timeout_graceful_shutdown=2,
        )
        super().__init__(listener, config_of_server, name="Batch stand-in", start_seconds=START_SECONDS)

    def add_pool(self, pool_id: str, *, nodes: int, slots: int = 1) -> None:
        """Create a pool, as ARM would: with the identities of the configuration."""
        with self.account.lock:
            self.account.create_pool({"id": pool_id, "targetDedicatedNodes": nodes, "taskSlotsPerNode": slots})
