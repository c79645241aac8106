"""Put Blob on the upstream's blob host, so that a client can stage files where a GeoCatalog reads them.

Any account and container will do; what opens it is a SAS that permits writing, which only
`/_emulator/sas` hands out.
"""

import base64
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from emulator.blob_host import etag_of, refusal
from emulator.blobs import UPSTREAM_ROOT, BlobNotFound, container_url_of
from emulator.geocatalog.replies import reply
from emulator.sas_tokens import PERMISSIONS, SERVICE_VERSION, SasRefused, parse_sas, to_sas_time
from emulator.state import EmulatorState, State

router = APIRouter(tags=["blobs"])
control_router = APIRouter(prefix="/_emulator/sas", tags=["control"])


async def _read_body(request: Request) -> bytes:
    return await request.body()


@router.put(UPSTREAM_ROOT + "{account}/{container}/{path:path}")
def put_blob(
    account: str, container: str, path: str, request: Request, state: State, body: Annotated[bytes, Depends(_read_body)]
) -> Response:
    """Create or replace a block blob in one request (201)."""
    refused = _access_refusal(state, request, f"{UPSTREAM_ROOT}{account}/{container}") or _body_refusal(
        state, request, body
    )
    if refused:
        return refused
    media_type = request.headers.get("x-ms-blob-content-type") or request.headers.get("content-type")
    state.blobs.put(request.url.path, body, media_type or "application/octet-stream")
    digest = _md5(body)
    headers = {
        "ETag": etag_of(digest),
        "Content-MD5": base64.b64encode(digest).decode(),
        "x-ms-version": SERVICE_VERSION,
        "x-ms-request-server-encrypted": "true",
    }
    return Response(status_code=201, headers=headers)


def _access_refusal(state: EmulatorState, request: Request, container: str) -> Response | None:
    """Refuse a request without the right SAS; `c` alone may create, but not replace."""
    try:
        state.sas.check(container, request.url.query, state.clock.now(), "cw")
    except SasRefused as refused:
        return refusal(state, refused.status, refused.code, refused.message, refused.detail)
    exists = _exists(state, request.url.path)
    if exists and request.headers.get("if-none-match") == "*":
        return refusal(state, 409, "BlobAlreadyExists", "The specified blob already exists.")
    if exists and "w" not in parse_sas(request.url.query)["sp"]:
        text = "This request is not authorized to perform blob overwrites."
        return refusal(state, 403, "UnauthorizedBlobOverwrite", text)
    return None


def _body_refusal(state: EmulatorState, request: Request, body: bytes) -> Response | None:
    if "comp" in request.query_params:
        return refusal(state, 501, "NotImplemented", "The emulator takes a blob in one request only (Put Blob).")
    if request.headers.get("x-ms-blob-type") != "BlockBlob":
        text = "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type: BlockBlob."
        return refusal(state, 400, "MissingRequiredHeader", text)
    wanted = request.headers.get("content-md5")
    if wanted and wanted != base64.b64encode(_md5(body)).decode():
        text = "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
        return refusal(state, 400, "Md5Mismatch", text)
    return None


def _exists(state: EmulatorState, path: str) -> bool:
    try:
        state.blobs.open(path)
    except BlobNotFound:
        return False
    return True


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


@control_router.get("")
def sign_container(
    state: State,
    container: Annotated[str, Query(description="URL of a container on the upstream's blob host, or account/name.")],
    permissions: Annotated[str, Query(pattern=f"^[{PERMISSIONS}]+$")] = "rl",
    minutes: float = 60,
) -> Response:
    """Hand out a SAS for any container, with any permissions, for any time (negative: expired)."""
    try:
        url = container_url_of(container if "://" in container else _expanded(state, container))
    except ValueError:
        raise HTTPException(400, f"'{container}' is neither account/container nor the URL of a container") from None
    sas = state.sas.sign(url, minutes, state.clock.now(), permissions)
    return reply({"containerUrl": url, "token": sas.token, "msft:expiry": to_sas_time(sas.expiry)})


def _expanded(state: EmulatorState, container: str) -> str:
    return f"{state.config.public_url}{UPSTREAM_ROOT}{container}"
