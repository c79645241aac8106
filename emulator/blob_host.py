"""Both blob hosts over HTTP, with the refusals of Azure Blob Storage."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from emulator.blobs import MANAGED_ROOT, UPSTREAM_ROOT, Blob, BlobNotFound
from emulator.content.public_containers import PUBLIC_CONTAINERS
from emulator.sas_tokens import SERVICE_VERSION, SasRefused
from emulator.state import EmulatorState, State

router = APIRouter(tags=["blobs"])

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


@router.api_route(UPSTREAM_ROOT + "{account}/{container}/{path:path}", methods=["GET", "HEAD"])
def get_upstream_blob(account: str, container: str, path: str, request: Request, state: State) -> Response:
    """Serve a blob of the Planetary Computer; a SAS is needed, except in public containers."""
    if (account, container) in PUBLIC_CONTAINERS:
        return _serve(state, request)
    return _serve_signed(state, request, f"{UPSTREAM_ROOT}{account}/{container}")


@router.api_route(MANAGED_ROOT + "{account}/{container}/{path:path}", methods=["GET", "HEAD"])
def get_managed_blob(account: str, container: str, path: str, request: Request, state: State) -> Response:
    """Serve a blob of the GeoCatalog's own storage; a SAS is needed, a bearer token is not looked at."""
    return _serve_signed(state, request, f"{MANAGED_ROOT}{account}/{container}")


def _serve_signed(state: EmulatorState, request: Request, container: str) -> Response:
    try:
        state.sas.check(container, request.url.query, state.clock.now())
    except SasRefused as refused:
        return refusal(state, refused.status, refused.code, refused.message, refused.detail)
    return _serve(state, request)


def _serve(state: EmulatorState, request: Request) -> Response:
    try:
        blob = state.blobs.open(request.url.path)
    except BlobNotFound:
        return refusal(state, 404, "BlobNotFound", "The specified blob does not exist.")
    return blob_response(blob, request.headers.get("range"))


def blob_response(blob: Blob, range_header: str | None) -> Response:
    """Answer with the whole blob (200), a part of it (206), or 416 beyond its end.

    HEAD needs no care: the server leaves the body out.
    """
    size, digest = _size_and_md5(blob)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag_of(digest),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": SERVICE_VERSION,
        "Content-MD5": base64.b64encode(digest).decode(),
    }
    wanted = _RANGE.match(range_header or "")
    if not wanted or wanted.group() == "bytes=-":
        return Response(_read(blob, 0, size), 200, headers, blob.content_type)
    first, last = _span(wanted.group(1), wanted.group(2), size)
    if first > last:
        headers = {"Content-Range": f"bytes */{size}", "x-ms-error-code": "InvalidRange"}
        return Response(_xml("InvalidRange", "The range specified is invalid."), 416, headers, "application/xml")
    # Of a part, Azure names the MD5 of the whole differently.
    headers["x-ms-blob-content-md5"] = headers.pop("Content-MD5")
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(_read(blob, first, last - first + 1), 206, headers, blob.content_type)


def etag_of(digest: bytes) -> str:
    """Return the ETag of a blob with this MD5."""
    return f'"0x{digest.hex()[:15].upper()}"'


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


def _size_and_md5(blob: Blob) -> tuple[int, bytes]:
    if isinstance(blob.content, bytes):
        return len(blob.content), hashlib.md5(blob.content, usedforsecurity=False).digest()
    status = blob.content.stat()
    return status.st_size, _file_md5(blob.content, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_md5(file: Path, _modified: int) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).digest()


def refusal(state: EmulatorState, status: int, code: str, message: str, detail: str = "") -> Response:
    """Answer as Azure Blob Storage refuses: XML, with the code in a header too."""
    text = f"{message}\nTime:{state.clock.now():%Y-%m-%dT%H:%M:%S.%f}0Z"
    return Response(_xml(code, text, detail), status, {"x-ms-error-code": code}, "application/xml")


def _xml(code: str, message: str, detail: str = "") -> bytes:
    extra = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{extra}</Error>"
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
