"""Runs the emulator: in a thread for tests, or as a process."""

from collections.abc import Sequence
from pathlib import Path

import uvicorn

from emulator.app import create_app
from emulator.config import EmulatorConfig
from emulator.http_server import HttpServer, listen
from emulator.state import EmulatorState
from emulator.storage import open_state
from emulator.traffic import TrafficControl

KEEP_ALIVE_SECONDS = 75
"""Longer than clients pause, so that their pooled connections are not closed under them."""
START_SECONDS = 60
"""Loading a large file of Items takes its time."""


class EmulatorServer(HttpServer):
    """One emulator on one port; usable as a context manager."""

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        config: EmulatorConfig | None = None,
        content: Path | None = None,
        item_files: Sequence[Path] = (),
    ) -> None:
        """Take the port and open the data.

        Args:
            data_dir: see `open_state`; also `content` and `item_files`.
            host: address to listen on.
            port: 0 takes a free one.
            config: its `public_url`, unless it was set, follows from the port.

        Raises:
            PortTaken: another program listens there.
            OSError, UnreadableItems: as `open_state`.
        """
        listener = listen(host, port)
        self.port: int = listener.getsockname()[1]
        try:
            self.state: EmulatorState = open_state(
                _with_public_url(config, host, self.port), data_dir, content, item_files
            )
        except BaseException:
            listener.close()
            raise
        super().__init__(listener, _uvicorn_config(self.state), name="emulator", start_seconds=START_SECONDS)

    @property
    def url(self) -> str:
        """Root of all URLs, without trailing slash."""
        return self.state.config.public_url


def _uvicorn_config(state: EmulatorState) -> uvicorn.Config:
    return uvicorn.Config(
        TrafficControl(create_app(state), state),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
    )


def _with_public_url(config: EmulatorConfig | None, host: str, port: int) -> EmulatorConfig:
    config = config or EmulatorConfig()
    if "public_url" in config.model_fields_set:
        return config.changed({"public_url": config.public_url.rstrip("/")})
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return config.changed({"public_url": f"http://{name}:{port}"})
