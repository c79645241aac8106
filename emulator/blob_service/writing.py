"""Writes to the upstream's blob host, so that a client can stage files where a GeoCatalog reads them.

Any account and container will do, whether it was created or not.
"""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from emulator.blob_service import conditions, properties
from emulator.blob_service.access import require, require_overwrite
from emulator.blob_service.blocks import put_block, put_block_list
from emulator.blob_service.checks import check_md5, metadata_of, stated_md5
from emulator.blob_service.properties import BlobProperties
from emulator.blob_service.refusals import BlobRefused, not_found
from emulator.blob_service.uploads import Upload, new_etag
from emulator.blobs import UPSTREAM_ROOT, Blob, blob_name
from emulator.sas_tokens import SERVICE_VERSION
from emulator.state import EmulatorState, State

router = APIRouter(tags=["blobs"])


async def _read_body(request: Request) -> bytes:
    return await request.body()


@router.put(UPSTREAM_ROOT + "{account}/{container}/{path:path}")
def put(
    account: str, container: str, path: str, request: Request, state: State, body: Annotated[bytes, Depends(_read_body)]
) -> Response:
    """Create or replace a block blob, by one request or by blocks, or change its properties or metadata."""
    require(state, request, f"{UPSTREAM_ROOT}{account}/{container}", "cw")
    comp = request.query_params.get("comp")
    if comp == "block":
        return put_block(state, request, body)
    found = properties.find(state, request.url.path)
    if comp in ("metadata", "properties"):
        require_overwrite(request, True)
        return _change(state, request, found, comp)
    require_overwrite(request, found is not None)
    conditions.check_write(request.headers, found[1] if found else None)
    if comp == "blocklist":
        return put_block_list(state, request, body)
    if comp is not None or "x-ms-copy-source" in request.headers:
        raise BlobRefused(501, "NotImplemented", f"The emulator does not know {comp or 'copies'}.")
    return _put_blob(state, request, body)


@router.delete(UPSTREAM_ROOT + "{account}/{container}/{path:path}")
def delete(account: str, container: str, path: str, request: Request, state: State) -> Response:
    """Delete an uploaded blob (202); the generated scenes stay."""
    require(state, request, f"{UPSTREAM_ROOT}{account}/{container}", "d")
    found = properties.find(state, request.url.path)
    if found is None:
        raise not_found()
    conditions.check_write(request.headers, found[1])
    state.blobs.delete(request.url.path)
    state.uploads.delete(blob_name(request.url.path))
    return Response(status_code=202, headers={"x-ms-delete-type-permanent": "true"})


def _put_blob(state: EmulatorState, request: Request, body: bytes) -> Response:
    if request.headers.get("x-ms-blob-type") != "BlockBlob":
        text = "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type: BlockBlob."
        raise BlobRefused(400, "MissingRequiredHeader", text)
    digest = check_md5(request.headers, body)
    media_type = request.headers.get("x-ms-blob-content-type") or request.headers.get("content-type")
    source = state.blobs.put(request.url.path, body, media_type or "application/octet-stream")
    md5 = stated_md5(request.headers) or base64.b64decode(digest).hex()
    upload = Upload(source, md5, new_etag(), state.clock.time(), metadata_of(request.headers))
    state.uploads.put(blob_name(request.url.path), upload)
    headers = {"Content-MD5": digest, "x-ms-request-server-encrypted": "true"}
    return _written(201, upload, headers)


def _change(state: EmulatorState, request: Request, found: tuple[Blob, BlobProperties] | None, comp: str) -> Response:
    """Set Blob Metadata or Set Blob Properties; what is not named is taken away."""
    name = blob_name(request.url.path)
    upload = state.uploads.get(name)
    if found is None or upload is None:
        raise not_found()
    conditions.check_write(request.headers, found[1])
    metadata, md5 = upload.metadata, upload.md5
    if comp == "metadata":
        metadata = metadata_of(request.headers)
    else:
        media_type = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
        state.blobs.set_content_type(request.url.path, media_type)
        md5 = stated_md5(request.headers)
    changed = Upload(upload.source, md5, new_etag(), state.clock.time(), metadata, upload.blocks)
    state.uploads.put(name, changed)
    return _written(200, changed, {})


def _written(status: int, upload: Upload, headers: dict[str, str]) -> Response:
    return Response(status_code=status, headers={"ETag": upload.etag, "x-ms-version": SERVICE_VERSION, **headers})
