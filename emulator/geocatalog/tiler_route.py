"""How the routes under `/data` answer what cannot be drawn."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from emulator.blobs import BlobNotFound
from emulator.geocatalog.replies import reply
from emulator.tiler.answers import CACHE
from emulator.tiler.options import InvalidOptions
from emulator.tiler.reading import UnknownAsset, UnreadableAsset

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TilerRoute(APIRoute):
    """A route whose errors have the tiler's form: an envelope without `x-ms-error-code`, cached like answers."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler, so that the tiler's exceptions become responses."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except InvalidOptions as error:
                return _refusal(400, "BadRequest", str(error))
            except UnknownAsset as error:
                return _refusal(404, "NotFound", str(error))
            except BlobNotFound:
                return _refusal(424, "ServerError", "HTTP response code: 404")
            except UnreadableAsset as error:
                return _refusal(424, "ServerError", str(error))

        return answer


def _refusal(status: int, code: str, message: str) -> Response:
    return reply({"error": {"code": code, "message": message}}, status, headers=CACHE)
