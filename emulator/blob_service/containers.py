"""Containers of the upstream's blob host: create, look, list, delete."""

from email.utils import formatdate
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request, Response

from emulator.blob_service import properties
from emulator.blob_service.access import require
from emulator.blob_service.properties import BlobProperties, to_base64
from emulator.blob_service.refusals import BlobRefused
from emulator.blobs import UPSTREAM_ROOT
from emulator.sas_tokens import SERVICE_VERSION
from emulator.state import EmulatorState, State

router = APIRouter(prefix=UPSTREAM_ROOT.rstrip("/"), tags=["blobs"])
MAX_RESULTS = 5000
_HEADERS = {"x-ms-version": SERVICE_VERSION, "x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}


@router.put("/{account}/{container}")
def create_container(account: str, container: str, request: Request, state: State) -> Response:
    """Create a container (201); an access token is needed, as a container's SAS does not reach so far."""
    name = _container(state, request, account, container, "")
    if not state.uploads.create_container(name, state.clock.time()):
        raise BlobRefused(409, "ContainerAlreadyExists", "The specified container already exists.")
    return Response(status_code=201, headers=_with_etag(name))


@router.api_route("/{account}/{container}", methods=["GET", "HEAD"])
def get_container(account: str, container: str, request: Request, state: State) -> Response:
    """Answer with a container's properties, or with `comp=list` with its uploaded blobs."""
    if request.query_params.get("comp") == "list":
        return _list(state, request, _container(state, request, account, container, "l"))
    name = _container(state, request, account, container, "")
    if not _exists(state, name):
        raise BlobRefused(404, "ContainerNotFound", "The specified container does not exist.")
    return Response(None, 200, _with_etag(name))


@router.delete("/{account}/{container}")
def delete_container(account: str, container: str, request: Request, state: State) -> Response:
    """Delete a container and its uploaded blobs (202)."""
    name = _container(state, request, account, container, "")
    if not _exists(state, name):
        raise BlobRefused(404, "ContainerNotFound", "The specified container does not exist.")
    state.blobs.delete_prefix(f"{name}/")
    state.uploads.delete_container(name)
    return Response(status_code=202)


def _container(state: EmulatorState, request: Request, account: str, container: str, permissions: str) -> str:
    """Return the container's path, if the request may do this to it."""
    name = f"{UPSTREAM_ROOT}{account}/{container}"
    require(state, request, name, permissions)
    if request.query_params.get("restype") != "container":
        raise BlobRefused(400, "InvalidQueryParameterValue", "restype=container is missing.")
    return name


def _exists(state: EmulatorState, name: str) -> bool:
    return state.uploads.has_container(name) or bool(state.blobs.uploaded(f"{name}/", "", 1))


def _with_etag(name: str) -> dict[str, str]:
    return {**_HEADERS, "ETag": properties.etag_of(name.encode().hex()), "Last-Modified": formatdate(0, usegmt=True)}


def _list(state: EmulatorState, request: Request, name: str) -> Response:
    """List Blobs, by name; what a delimiter groups is shown as a prefix."""
    options = request.query_params
    prefix, delimiter, marker = (options.get(key, "") for key in ("prefix", "delimiter", "marker"))
    limit = min(int(options.get("maxresults", MAX_RESULTS)), MAX_RESULTS)
    entries, following = _entries(state, f"{name}/", prefix, delimiter, marker, limit)
    body = "".join(
        _blob_xml(entry, found) if found else f"<BlobPrefix><Name>{escape(entry)}</Name></BlobPrefix>"
        for entry, found in entries
    )
    endpoint = quoteattr(f"{state.config.public_url}{name.rpartition('/')[0]}/")
    document = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={endpoint}'
        f" ContainerName={quoteattr(name.rpartition('/')[2])}><Prefix>{escape(prefix)}</Prefix>"
        f"<Marker>{escape(marker)}</Marker><MaxResults>{limit}</MaxResults>"
        f"<Blobs>{body}</Blobs><NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    )
    return Response(document, headers={"x-ms-version": SERVICE_VERSION}, media_type="application/xml")


def _entries(
    state: EmulatorState, root: str, prefix: str, delimiter: str, marker: str, limit: int
) -> tuple[list[tuple[str, BlobProperties | None]], str]:
    """Return names below the container with properties (None: a prefix), and the marker of the next page."""
    entries: dict[str, BlobProperties | None] = {}
    after = marker
    for path in state.blobs.uploaded(root + prefix, root + marker if marker else "", None):
        name = path.removeprefix(root)
        group, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        shown = prefix + group + delimiter if found else name
        if shown not in entries and len(entries) == limit:
            return list(entries.items()), after
        after = name
        if shown not in entries:
            blob = None if found else properties.find(state, path)
            entries[shown] = blob[1] if blob else None
    return list(entries.items()), ""


def _blob_xml(name: str, found: BlobProperties) -> str:
    md5 = f"<Content-MD5>{to_base64(found.md5)}</Content-MD5>" if found.md5 else ""
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties>"
        f"<Last-Modified>{formatdate(found.modified, usegmt=True)}</Last-Modified><Etag>{escape(found.etag)}</Etag>"
        f"<Content-Length>{found.size}</Content-Length><Content-Type>{escape(found.content_type)}</Content-Type>{md5}"
        "<BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "</Properties></Blob>"
    )
