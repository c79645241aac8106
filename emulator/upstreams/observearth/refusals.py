"""What ObservEarth refuses, and in which form: that of Django REST framework."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from emulator.json_types import JsonDict
from emulator.state import State
from emulator.tiler.options import InvalidOptions


class Refused(Exception):
    """The request is answered with an error.

    Args:
        status: HTTP status code.
        body: its JSON; a text becomes the member `detail`.
    """

    def __init__(self, status: int, body: str | JsonDict) -> None:
        super().__init__(body)
        self.status = status
        self.body = {"detail": body} if isinstance(body, str) else body


class ObservEarthRoute(APIRoute):
    """A route whose refusals have the service's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler, so that refusals become responses."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return reply(refused.body, refused.status)
            except InvalidOptions as error:
                return reply({"detail": str(error)}, 400)

        return answer


async def admit(request: Request, state: State) -> None:
    """Let a request through after the time that is ordered, if it has the key.

    Raises:
        Refused: 403, as Django REST framework answers where no other way to sign in is offered.
    """
    await asyncio.sleep(state.config.observearth.slow_seconds)
    given = request.headers.get("X-API-Key")
    if given is None:
        raise Refused(403, "Authentication credentials were not provided.")
    if given != state.config.observearth.api_key:
        raise Refused(403, "Invalid API key.")


async def json_object(request: Request) -> JsonDict:
    """Return the body, whatever its Content-Type says (FastAPI dependency).

    Raises:
        Refused: 400, it is no JSON object.
    """
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"JSON parse error - {error}") from None
    if not isinstance(body, dict):
        raise Refused(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


def reply(document: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(document), status, media_type="application/json")


Body = Annotated[JsonDict, Depends(json_object)]
