"""Resource files that a node downloads before a task, and output files that it uploads afterwards."""

from pathlib import Path

import requests

from emulator.json_types import JsonDict

TIMEOUT = 60
"""Seconds."""
STORAGE = "https://storage.azure.com/"


class TransferFailed(Exception):
    """A file could not be downloaded or uploaded.

    Args:
        code: of the task's `failureInfo`.
        path: of the file.
    """

    def __init__(self, code: str, message: str, path: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


def fetch_resource_files(body: JsonDict, work: Path, environment: dict[str, str]) -> None:
    """Download the files of `resourceFiles` that are given by `httpUrl`.

    Raises:
        TransferFailed: one is not there, or may not be read.
    """
    for wanted in body.get("resourceFiles") or []:
        url = wanted.get("httpUrl")
        if not url:
            raise TransferFailed("UnsupportedResourceFile", "This stand-in reads httpUrl only", str(wanted))
        path = work / (wanted.get("filePath") or url.partition("?")[0].rpartition("/")[2])
        answer = requests.get(url, headers=_headers(wanted, environment), timeout=TIMEOUT)
        if not answer.ok:
            code = "BlobNotFound" if answer.status_code == 404 else "BlobAccessDenied"
            raise TransferFailed(code, f"The resource file could not be read: HTTP {answer.status_code}", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.content)


def upload_output_files(body: JsonDict, work: Path, succeeded: bool, environment: dict[str, str]) -> None:
    """Upload what the patterns of `outputFiles` match; patterns are relative to the working directory.

    Raises:
        TransferFailed: the container refused one.
    """
    wanted_when = {"taskcompletion", "tasksuccess" if succeeded else "taskfailure"}
    for output in body.get("outputFiles") or []:
        if output["uploadOptions"]["uploadCondition"] in wanted_when:
            _upload(output["filePattern"], output["destination"]["container"], work, environment)


def _upload(pattern: str, container: JsonDict, work: Path, environment: dict[str, str]) -> None:
    base, _, query = container["containerUrl"].partition("?")
    for path, name in _matches(pattern, container.get("path") or "", work):
        url = f"{base.rstrip('/')}/{name}" + (f"?{query}" if query else "")
        headers = {"x-ms-blob-type": "BlockBlob", **_headers(container, environment)}
        answer = requests.put(url, path.read_bytes(), headers=headers, timeout=TIMEOUT)
        if not answer.ok:
            message = f"An output file could not be uploaded: HTTP {answer.status_code}"
            raise TransferFailed("FileUploadAccessDenied", message, str(path))


def _matches(pattern: str, destination: str, work: Path) -> list[tuple[Path, str]]:
    """Return the files that a pattern means, each with the name of its blob.

    As OutputFileBlobContainerDestination of Azure's reference has it: without wildcards, the destination is the blob's
    name; with them, it is a folder.
    """
    parts = Path(pattern).parts
    fixed = next((at for at, part in enumerate(parts) if set("*?[") & set(part)), len(parts) - 1)
    folder = work.joinpath(*parts[:fixed]).resolve()
    if work.parent.resolve() not in (folder, *folder.parents):
        return []
    found = sorted(path for path in folder.glob("/".join(parts[fixed:])) if path.is_file())
    if not set("*?[") & set(pattern):
        return [(path, destination or path.name) for path in found]
    hidden = parts[-1].startswith(".")
    names = {path: path.relative_to(folder).as_posix() for path in found if hidden or not path.name.startswith(".")}
    return [(path, "/".join(part for part in (destination.strip("/"), name) if part)) for path, name in names.items()]


def _headers(source: JsonDict, environment: dict[str, str]) -> dict[str, str]:
    """Return the headers of a request to storage: a token of the node's identity, if one is referred to."""
    reference = source.get("identityReference")
    if not reference:
        return {}
    url = f"{environment['AZURE_POD_IDENTITY_AUTHORITY_HOST']}/metadata/identity/oauth2/token"
    asked = {"resource": STORAGE, "client_id": reference["resourceId"].rpartition("/")[2]}
    answer = requests.get(url, asked, headers={"Metadata": "true"}, timeout=TIMEOUT)
    if not answer.ok:
        raise TransferFailed("ManagedIdentityNotFound", "The pool has no such identity", reference["resourceId"])
    return {"Authorization": f"Bearer {answer.json()['access_token']}", "x-ms-version": "2023-11-03"}
