"""Single files of a product on the download host: `/Products(id)/Nodes(a)/Nodes(b)/$value`, and lists of folders."""

import io
import re
import zipfile
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from emulator.state import EmulatorState, State
from emulator.upstreams.copernicus.bodies import Body
from emulator.upstreams.copernicus.download import find_product, named_account
from emulator.upstreams.copernicus.hosts import DOWNLOAD, download_root
from emulator.upstreams.copernicus.replies import download_refusal, reply
from emulator.upstreams.copernicus.sessions import DownloadRefused

router = APIRouter(prefix=DOWNLOAD, tags=["Copernicus downloads"])
_STEP = re.compile(r"Nodes\(([^)]*)\)")


@router.get("/Products({product_id})/{nodes:path}")
def get_node(product_id: str, nodes: str, request: Request, state: State) -> Response:
    """Answer with the list of a folder (no token needed), or with a file (`$value`)."""
    try:
        product = find_product(product_id, state)
        if nodes.endswith("/$value"):
            named_account(request, state)
    except DownloadRefused as refused:
        return download_refusal(refused.status, refused.code, str(refused))
    steps = _STEP.findall(nodes)
    with zipfile.ZipFile(_BodyFile(product.body)) as archive:
        if nodes.endswith("/$value"):
            return _file(archive, "/".join(steps))
        return reply({"result": _children(archive, steps, f"{_root(state)}/Products({product.id})")})


def _file(archive: zipfile.ZipFile, path: str) -> Response:
    try:
        return Response(archive.read(path), media_type="application/octet-stream")
    except KeyError:
        return download_refusal(404, "DAT-ZIP-404", "Node not found")


def _children(archive: zipfile.ZipFile, steps: list[str], url: str) -> list[dict[str, Any]]:
    prefix = "".join(f"{step}/" for step in steps)
    here = url + "".join(f"/Nodes({quote(step)})" for step in steps)
    found: dict[str, dict[str, Any]] = {}
    for member in archive.infolist():
        if not member.filename.startswith(prefix):
            continue
        name, slash, rest = member.filename[len(prefix) :].partition("/")
        node = found.setdefault(name, {"Id": name, "Name": name, "ContentLength": 0, "ChildrenNumber": 0})
        node["ContentLength"] = 0 if slash else member.file_size
        node["ChildrenNumber"] += bool(rest) and "/" not in rest
        node["Nodes"] = {"uri": f"{here}/Nodes({quote(name)})/Nodes"}
    return list(found.values())


def _root(state: EmulatorState) -> str:
    return download_root(state.config)


class _BodyFile(io.RawIOBase):
    """A body as a file, so that a zip of any size is read in place."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._body.size}[whence]
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(self._place, len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
