"""Runs the emulator: in a thread for tests, or as a process."""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from emulator.app import create_app
from emulator.config import EmulatorConfig
from emulator.state import EmulatorState
from emulator.storage import open_state
from emulator.traffic import TrafficControl

KEEP_ALIVE_SECONDS = 75
"""Longer than clients pause, so that their pooled connections are not closed under them."""
START_SECONDS = 60
"""Loading a large file of Items takes its time."""


class PortTaken(OSError):
    """Another program listens on the port."""


class EmulatorServer:
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
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._thread: threading.Thread | None = None
        try:
            self.state: EmulatorState = open_state(
                _with_public_url(config, host, self.port), data_dir, content, item_files
            )
        except BaseException:
            self._socket.close()
            raise
        self._server = _Server(_uvicorn_config(self.state))

    @property
    def url(self) -> str:
        """Root of all URLs, without trailing slash."""
        return self.state.config.public_url

    def run(self, when_ready: Callable[[], None]) -> None:
        """Serve in this thread until SIGINT or SIGTERM."""
        self._server.when_ready = when_ready
        with suppress(KeyboardInterrupt):  # uvicorn raises SIGINT again when it has shut down
            self._server.run([self._socket])

    def start(self) -> Self:
        """Serve in a thread; returns when requests are answered.

        Raises:
            RuntimeError: the server did not start.
        """
        ready = threading.Event()
        self._server.when_ready = ready.set
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise RuntimeError("the emulator did not start")
        return self

    def stop(self) -> None:
        """Finish open requests, close the data and free the port."""
        self._server.should_exit = True
        if self._thread:
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """Says when it answers requests."""

    when_ready: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.when_ready()


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


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    return listener


def _with_public_url(config: EmulatorConfig | None, host: str, port: int) -> EmulatorConfig:
    config = config or EmulatorConfig()
    if "public_url" in config.model_fields_set:
        return config.changed({"public_url": config.public_url.rstrip("/")})
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return config.changed({"public_url": f"http://{name}:{port}"})
