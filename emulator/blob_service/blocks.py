"""Put Block, Put Block List and Get Block List: a blob in parts, in any order, then put together."""

import base64
import binascii
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from fastapi import Request, Response

from emulator.blob_service import properties
from emulator.blob_service.checks import check_md5, metadata_of, stated_md5
from emulator.blob_service.refusals import BlobRefused, not_found
from emulator.blob_service.uploads import BlockSize, Upload, new_etag
from emulator.blobs import blob_name
from emulator.sas_tokens import SERVICE_VERSION
from emulator.state import EmulatorState

MAX_BLOCKS = 50_000


class _Wanted(NamedTuple):
    """A line of a block list: `Latest`, `Uncommitted` or `Committed`, and a block's id."""

    kind: str
    id: str


def put_block(state: EmulatorState, request: Request, body: bytes) -> Response:
    """Keep a block (201); the blob is as it was."""
    block_id = request.query_params.get("blockid", "")
    try:
        valid = 0 < len(base64.b64decode(block_id, validate=True)) <= 64
    except binascii.Error:
        valid = False
    if not valid:
        message = "Value for one of the query parameters specified in the request URI is invalid: blockid."
        raise BlobRefused(400, "InvalidQueryParameterValue", message)
    digest = check_md5(request.headers, body)
    state.uploads.put_block(blob_name(request.url.path), block_id, body)
    return Response(status_code=201, headers={"Content-MD5": digest, "x-ms-version": SERVICE_VERSION})


def put_block_list(state: EmulatorState, request: Request, body: bytes) -> Response:
    """Put blocks together to the blob (201). The MD5 of the whole is what the client says, or unknown."""
    check_md5(request.headers, body)
    url, name, wanted = request.url.path, blob_name(request.url.path), _wanted(body)
    media_type = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
    with tempfile.TemporaryDirectory(dir=state.blobs.folder) as folder:
        joined = Path(folder) / "joined"
        with joined.open("wb") as file:
            blocks = []
            for block, data in _found(state, url, wanted):
                file.write(data)
                blocks.append(block)
        source = state.blobs.put(url, joined, media_type)
    upload = Upload(
        source,
        stated_md5(request.headers),
        new_etag(),
        state.clock.time(),
        metadata_of(request.headers),
        tuple(blocks),
    )
    state.uploads.put(name, upload)
    return Response(status_code=201, headers={"ETag": upload.etag, "x-ms-version": SERVICE_VERSION})


def block_list(state: EmulatorState, request: Request) -> Response:
    """Answer with the blocks of a blob: `blocklisttype` is committed (default), uncommitted or all."""
    kind = request.query_params.get("blocklisttype", "committed")
    found = properties.find(state, request.url.path)
    waiting = state.uploads.uncommitted(blob_name(request.url.path))
    if found is None and not waiting:
        raise not_found()
    committed = found[1].blocks if found else ()
    parts = [("Committed", committed)] if kind != "uncommitted" else []
    parts += [("Uncommitted", tuple(waiting))] if kind != "committed" else []
    lists = "".join(f"<{name}Blocks>{''.join(map(_block_xml, blocks))}</{name}Blocks>" for name, blocks in parts)
    body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{lists}</BlockList>'
    size = str(found[1].size if found else 0)
    headers = {"x-ms-blob-content-length": size, "x-ms-version": SERVICE_VERSION}
    return Response(body, headers=headers, media_type="application/xml")


def _wanted(body: bytes) -> list[_Wanted]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat refuses entity bombs since 2.4.1; the server is local
    except ElementTree.ParseError:
        raise BlobRefused(400, "InvalidXmlDocument", "XML specified is not syntactically valid.") from None
    lines = [_Wanted(element.tag, (element.text or "").strip()) for element in root]
    if len(lines) > MAX_BLOCKS:
        raise BlobRefused(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
    return lines


def _found(state: EmulatorState, url: str, wanted: list[_Wanted]) -> Iterator[tuple[BlockSize, bytes]]:
    committed = _Committed(state, url)
    for kind, block_id in wanted:
        data = None if kind == "Committed" else state.uploads.block(blob_name(url), block_id)
        if data is None and kind != "Uncommitted":
            data = committed.read(block_id)
        if data is None:
            raise BlobRefused(400, "InvalidBlockList", "The specified block list is invalid.")
        yield BlockSize(block_id, len(data)), data


class _Committed:
    """The blocks of the blob as it was before."""

    def __init__(self, state: EmulatorState, url: str) -> None:
        found = properties.find(state, url)
        self._file = found[0].content if found else b""
        self._places: dict[str, tuple[int, int]] = {}
        place = 0
        for block in found[1].blocks if found else ():
            self._places[block.id] = (place, block.size)
            place += block.size

    def read(self, block_id: str) -> bytes | None:
        if block_id not in self._places or isinstance(self._file, bytes):
            return None
        place, size = self._places[block_id]
        with self._file.open("rb") as file:
            file.seek(place)
            return file.read(size)


def _block_xml(block: BlockSize) -> str:
    return f"<Block><Name>{escape(block.id)}</Name><Size>{block.size}</Size></Block>"
