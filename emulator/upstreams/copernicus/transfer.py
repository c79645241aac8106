"""Sends the bytes of a product, at a given pace, and to the end or not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator.upstreams.copernicus.bodies import Body

CHUNK = 256 * 1024
_TICKS_PER_SECOND = 10
"""A slowed connection sends so many pieces a second."""


@dataclass(frozen=True)
class Part:
    """Which bytes are sent, and how.

    Attributes:
        first: place of the first byte.
        length: bytes that the answer promises.
        sent: bytes after which the connection is closed; None: all.
        reset: close it by a reset, which may take with it what was on its way.
        corrupt: the first byte is wrong.
        pace: bytes per second; None: as fast as it goes.
    """

    first: int
    length: int
    sent: int | None = None
    reset: bool = False
    corrupt: bool = False
    pace: int | None = None

    def chunk(self, body: Body, done: int) -> bytes:
        """Return the next bytes; beyond the end of the body there are zeros."""
        size = CHUNK if self.pace is None else max(1, min(CHUNK, self.pace // _TICKS_PER_SECOND))
        left = (self.length if self.sent is None else min(self.sent, self.length)) - done
        wanted = max(0, min(size, left))
        data = body.read(self.first + done, wanted).ljust(wanted, b"\0")
        return bytes([data[0] ^ 0xFF]) + data[1:] if self.corrupt and done == 0 and data else data

    def is_cut(self) -> bool:
        """Say whether less is sent than was promised."""
        return self.sent is not None


class TransferResponse(Response):
    """Streams one part; frees its slot however it ends.

    Starlette's own StreamingResponse goes on after the client has gone, and cannot close a connection.
    """

    def __init__(
        self, body: Body, part: Part, status: int, headers: dict[str, str], when_done: Callable[[int, bool], None]
    ) -> None:
        """Prepare the answer.

        Args:
            body: of the whole product.
            part: what of it is sent.
            status: 200 or 206.
            headers: without Content-Length the answer is chunked.
            when_done: is told once how many bytes were sent, and whether they were all.
        """
        self.status_code, self.background, self.body = status, None, b""
        self.init_headers(headers)
        if "Content-Length" not in headers:
            del self.headers["Content-Length"]  # which init_headers made up
        self._content, self._part, self._when_done = body, part, when_done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send headers and body."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        gone = asyncio.ensure_future(_until_gone(receive))
        done, complete = 0, False
        try:
            await send(start)
            while not gone.done() and (data := self._part.chunk(self._content, done)):
                done += len(data)
                complete = done >= self._part.length
                if complete:
                    self._finish(done, True)  # first: the client may ask again as soon as it has all
                await send({"type": "http.response.body", "body": data, "more_body": True})
                await self._rest(len(data))
            await self._end(scope, send, gone)
        finally:
            self._finish(done, complete)
            gone.cancel()

    def _finish(self, done: int, complete: bool) -> None:
        when_done, self._when_done = self._when_done, _nothing
        when_done(done, complete)

    async def _rest(self, size: int) -> None:
        await asyncio.sleep(size / self._part.pace if self._part.pace else 0)

    async def _end(self, scope: Scope, send: Send, gone: "asyncio.Future[None]") -> None:
        if not self._part.is_cut():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not gone.done():
            close = scope["close_connection"]
            close(reset=self._part.reset)
            await gone


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _nothing(done: int, complete: bool) -> None:
    """Stand in for `when_done` after it was told."""
