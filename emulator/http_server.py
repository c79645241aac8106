"""An application on one port: in a thread for tests, or as a process."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn


class PortTaken(OSError):
    """Another program listens on the port."""


class HttpServer:
    """Serves one application; usable as a context manager.

    Args:
        listener: a socket that listens; it is closed with the server.
        name: in messages.
        start_seconds: seconds that the application may take to start.
    """

    def __init__(self, listener: socket.socket, config: uvicorn.Config, *, name: str, start_seconds: float) -> None:
        self._socket = listener
        self._name = name
        self._start_seconds = start_seconds
        self._thread: threading.Thread | None = None
        self._server = ReadyServer(config)

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
        if not ready.wait(self._start_seconds):
            raise RuntimeError(f"the {self._name} did not start")
        return self

    def stop(self) -> None:
        """End the application, finish open requests and free the port."""
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


class ReadyServer(uvicorn.Server):
    """Says when it answers requests."""

    when_ready: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.when_ready()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        PortTaken: another program listens there.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    return listener
