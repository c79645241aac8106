"""ASGI middleware: counts requests, delays them and lets them fail as ordered."""

import asyncio
import itertools
import uuid

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.chance import unit_interval
from emulator.config import LatencyConfig
from emulator.faults import Fault
from emulator.state import EmulatorState

GEOCATALOG_ROOTS = ("/stac", "/inma", "/sas", "/data")
DROPPED = 0


class TrafficControl:
    """Stands before the whole application; the control API passes unseen.

    It must be outermost: only there is `send` the server's own, by which a connection can be dropped.
    """

    def __init__(self, app: ASGIApp, state: EmulatorState) -> None:
        self._app = app
        self._state = state
        self._numbers = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["path"].startswith("/_emulator"):
            await self._app(scope, receive, send)
            return
        observed = _Observed(send)
        scope["close_connection"] = observed.close
        fault = self._state.faults.take_request(scope["method"], scope["path"])
        if scope["path"].startswith(GEOCATALOG_ROOTS):
            await asyncio.sleep(self._delay())
        try:
            if fault is None:
                await self._app(scope, receive, observed.send)
            else:
                await self._fail(fault, scope, receive, observed)
        finally:
            self._state.requests.count(scope["method"], _route_template(scope, fault), observed.status)

    def _delay(self) -> float:
        latency: LatencyConfig = self._state.config.latency
        if not latency.jitter:
            return latency.seconds
        draw = unit_interval(self._state.config.seed, "latency", next(self._numbers))
        return max(0.0, latency.seconds + (2 * draw - 1) * latency.jitter)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, observed: "_Observed") -> None:
        if fault.when == "after":
            await self._app(scope, receive, _swallow)
        if fault.drop:
            await observed.drop()
        else:
            await observed.answer(fault)


class _Observed:
    """The `send` of one request, with the status that went through it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = DROPPED

    async def send(self, message: Message) -> None:
        """Pass a message on; notes the status and adds the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], (b"x-request-id", uuid.uuid4().hex.encode())]}
        await self._send(message)

    async def answer(self, fault: Fault) -> None:
        """Send the fault's response."""
        body = orjson.dumps(fault.error_body())
        code = str(fault.error_body()["error"]["code"]).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers.append((b"x-ms-error-code", code))
        if fault.retry_after is not None:
            headers.append((b"retry-after", fault.retry_after.encode()))
        await self.send({"type": "http.response.start", "status": fault.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def drop(self) -> None:
        """Close the connection without an answer."""
        self.close(reset=True)
        await asyncio.sleep(0)  # lets the server notice, so that it does not try to answer 500

    def close(self, *, reset: bool) -> None:
        """Close the connection, whatever was promised: after what was sent, or at once.

        ASGI has no message for this; uvicorn's `send` belongs to the object that holds the transport.
        """
        transport = getattr(getattr(self._send, "__self__", None), "transport", None)
        if transport is None:
            raise RuntimeError("this server's connections cannot be dropped")
        if reset:
            transport.abort()
        else:
            transport.close()


async def _swallow(_message: Message) -> None:
    """Stand in for `send` while a request takes effect whose answer is lost."""


def _route_template(scope: Scope, fault: Fault | None) -> str:
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None and fault and fault.route:
        path = fault.route.partition(" ")[2]
    return path or "(unmatched)"
