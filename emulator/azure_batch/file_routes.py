"""Routes of the files of tasks: stdout.txt, stderr.txt, and what is in wd/."""

import re
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from emulator.azure_batch.access import admit
from emulator.azure_batch.account import Account
from emulator.azure_batch.documents import file_document, http_date
from emulator.azure_batch.errors import BatchError, not_found
from emulator.azure_batch.odata import page_of
from emulator.azure_batch.replies import CurrentAccount, Root, answer, common_headers

router = APIRouter(prefix="/jobs/{job_id}/tasks/{task_id}/files", dependencies=[Depends(admit)])
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@router.get("")
def list_files(
    account: CurrentAccount, root: Root, job_id: str, task_id: str, request: Request, recursive: bool = False
) -> Response:
    """Return the files of a task."""
    folder = _folder(account, job_id, task_id)
    base = f"{root}/jobs/{job_id}/tasks/{task_id}/files"
    paths = sorted(folder.rglob("*") if recursive else folder.glob("*"))
    names = [(path, path.relative_to(folder).as_posix()) for path in paths]
    documents = [file_document(path, name, f"{base}/{quote(name)}") for path, name in names]
    return answer(page_of(documents, request, "files"))


@router.get("/{name:path}")
def get_file(account: CurrentAccount, job_id: str, task_id: str, name: str, request: Request) -> Response:
    """Return a file, or the part that `ocp-range` asks for; both with 200."""
    path = _path(account, job_id, task_id, name)
    data = path.read_bytes()
    if match := _RANGE.fullmatch(request.headers.get("ocp-range", "")):
        start, end = int(match[1]), int(match[2]) if match[2] else len(data) - 1
        if start >= len(data):
            raise BatchError(416, "InvalidRange", "The range specified is invalid for the current size of the file.")
        data = data[start : end + 1]
    return Response(data, headers=_headers(path, request), media_type="application/octet-stream")


@router.head("/{name:path}")
def get_file_properties(account: CurrentAccount, job_id: str, task_id: str, name: str, request: Request) -> Response:
    """Return the size and times of a file, as headers."""
    path = _path(account, job_id, task_id, name)
    headers = {**_headers(path, request), "Content-Length": str(path.stat().st_size)}
    return Response(headers=headers, media_type="application/octet-stream")


def _folder(account: Account, job_id: str, task_id: str) -> Path:
    with account.lock:
        task = account.task(job_id, task_id)
        if task.files_lost:
            message = "The requested task files are not available: the node that had them is gone."
            raise BatchError(409, "TaskFilesUnavailable", message)
        if task.node is None or not task.folder.is_dir():
            raise not_found("File")
        return task.folder


def _path(account: Account, job_id: str, task_id: str, name: str) -> Path:
    folder = _folder(account, job_id, task_id)
    path = (folder / name).resolve()
    if folder.resolve() not in path.parents or not path.is_file():
        raise not_found("File")
    return path


def _headers(path: Path, request: Request) -> dict[str, str]:
    status = path.stat()
    return {
        **common_headers(),
        "Last-Modified": http_date(status.st_mtime),
        "ocp-creation-time": http_date(status.st_ctime),
        "ocp-batch-file-isdirectory": "false",
        "ocp-batch-file-url": str(request.url).partition("?")[0],
        "ocp-batch-file-mode": f"0o{status.st_mode:o}",
    }
