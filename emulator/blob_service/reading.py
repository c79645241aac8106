"""Both blob hosts as clients read them: whole blobs, ranges, and lists of blocks."""

import re

from fastapi import APIRouter, Request, Response

from emulator.blob_service import conditions, properties
from emulator.blob_service.access import require
from emulator.blob_service.blocks import block_list
from emulator.blob_service.properties import BlobProperties
from emulator.blob_service.refusals import BlobRefused, not_found, xml
from emulator.blobs import MANAGED_ROOT, UPSTREAM_ROOT, Blob
from emulator.content.public_containers import PUBLIC_CONTAINERS
from emulator.sas_tokens import SasRefused
from emulator.state import EmulatorState, State

router = APIRouter(tags=["blobs"])

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


@router.api_route(UPSTREAM_ROOT + "{account}/{container}/{path:path}", methods=["GET", "HEAD"])
def get_upstream_blob(account: str, container: str, path: str, request: Request, state: State) -> Response:
    """Serve a blob, or with `comp=blocklist` its blocks; a SAS or a token is needed, except in public containers."""
    if (account, container) not in PUBLIC_CONTAINERS:
        require(state, request, f"{UPSTREAM_ROOT}{account}/{container}", "r")
    comp = request.query_params.get("comp")
    if comp == "blocklist":
        return block_list(state, request)
    if comp not in (None, "metadata"):
        raise BlobRefused(501, "NotImplemented", f"The emulator does not know comp={comp}.")
    return _serve(state, request)


@router.api_route(MANAGED_ROOT + "{account}/{container}/{path:path}", methods=["GET", "HEAD"])
def get_managed_blob(account: str, container: str, path: str, request: Request, state: State) -> Response:
    """Serve a blob of the GeoCatalog's own storage; a SAS is needed, a bearer token is not looked at."""
    try:
        state.sas.check(f"{MANAGED_ROOT}{account}/{container}", request.url.query, state.clock.now())
    except SasRefused as refused:
        raise BlobRefused.of_sas(refused) from None
    return _serve(state, request)


def _serve(state: EmulatorState, request: Request) -> Response:
    found = properties.find(state, request.url.path)
    if found is None:
        raise not_found()
    blob, known = found
    conditions.check_read(request.headers, known)
    wanted = request.headers.get("x-ms-range") or request.headers.get("range")
    return _blob_response(blob, known, wanted)


def _blob_response(blob: Blob, known: BlobProperties, range_header: str | None) -> Response:
    """Answer with the whole blob (200), a part of it (206), or 416 beyond its end.

    HEAD needs no care: the server leaves the body out.
    """
    size, headers = (
        known.size,
        {**known.headers(), "Content-Type": known.content_type},
    )  # as it was put, without charset
    wanted = _RANGE.match(range_header or "")
    if not wanted or wanted.group() == "bytes=-":
        return Response(_read(blob, 0, size), 200, headers)
    first, last = _span(wanted.group(1), wanted.group(2), size)
    if first > last:
        headers = {"Content-Range": f"bytes */{size}", "x-ms-error-code": "InvalidRange"}
        return Response(xml("InvalidRange", "The range specified is invalid."), 416, headers, "application/xml")
    if "Content-MD5" in headers:  # of a part, Azure names the MD5 of the whole differently
        headers["x-ms-blob-content-md5"] = headers.pop("Content-MD5")
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(_read(blob, first, last - first + 1), 206, headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte of `a-b`, `a-` or `-n` (the last n bytes)."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _read(blob: Blob, first: int, length: int) -> bytes:
    if isinstance(blob.content, bytes):
        return blob.content[first : first + length]
    with blob.content.open("rb") as file:
        file.seek(first)
        return file.read(length)
