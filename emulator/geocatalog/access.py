"""What stands before every GeoCatalog route: token, api-version, role, and settling."""

from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request

from emulator.geocatalog.errors import GeoCatalogError, invalid
from emulator.geocatalog.replies import API_VERSIONS
from emulator.geocatalog.settlement import settle
from emulator.identity import Caller, TokenRefused, check_bearer
from emulator.state import EmulatorState, State


def admit(request: Request, state: State) -> None:
    """Let a request through to its route, with the catalog brought up to the present.

    Raises:
        GeoCatalogError: 401 without a valid token, 400 without a known api-version, 403 without the role.
    """
    caller = _authenticated(request, state)
    _check_version(request.query_params.get("api-version"))
    _check_role(caller, request)
    settle(state)


def _authenticated(request: Request, state: EmulatorState) -> Caller:
    try:
        return check_bearer(request.headers.get("authorization"), state.clock.time())
    except TokenRefused as refused:
        raise GeoCatalogError(401, "Unauthorized", str(refused)) from None


def _check_version(version: str | None) -> None:
    if not version:
        text = "An API version is required, but was not specified."
        raise invalid(text, "ApiVersionUnspecified")
    if version not in API_VERSIONS:
        text = f"The HTTP resource that matches the request URI does not support the API version '{version}'."
        raise invalid(text, "UnsupportedApiVersion")


def _check_role(caller: Caller, request: Request) -> None:
    path = request.url.path
    reads = request.method in ("GET", "HEAD") or path == "/stac/search" or path.startswith("/data/")
    if not caller.may_read():
        raise _forbidden("has no role on this GeoCatalog")
    if not reads and not caller.may_write():
        raise _forbidden("may only read; this needs the role GeoCatalog Administrator")


def _forbidden(reason: str) -> GeoCatalogError:
    return GeoCatalogError(403, "Forbidden", f"The caller {reason}.")


async def json_body(request: Request) -> Any:
    """Return the request's JSON (FastAPI dependency).

    Raises:
        GeoCatalogError: 400, it is not JSON.
    """
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None


def _version(api_version: Annotated[str, Query(alias="api-version")] = "") -> str:
    return api_version


JsonBody = Annotated[Any, Depends(json_body)]
ApiVersion = Annotated[str, Depends(_version)]
