"""Blobs that clients put on the upstream's blob host."""

import base64
import hashlib
from typing import Any

import pytest
import requests

from tests.emulator.catalog import Catalog


def token(catalog: Catalog, permissions: str = "rwcl", **options: Any) -> str:
    params = {"container": "staging/catalogs", "permissions": permissions, **options}
    response = requests.get(f"{catalog.url}/_emulator/sas", params=params, timeout=60)
    assert response.ok, response.text
    return response.json()["token"]


def put(catalog: Catalog, sas: str, data: bytes = b"{}", path: str = "a/b.json", **headers: str) -> requests.Response:
    url = f"{catalog.url}/planetary-computer/blob/staging/catalogs/{path}?{sas}"
    headers = {"x-ms-blob-type": "BlockBlob", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return requests.put(url, data=data, headers={k: v for k, v in headers.items() if v}, timeout=60)


def get(catalog: Catalog, sas: str, path: str = "a/b.json") -> requests.Response:
    return requests.get(f"{catalog.url}/planetary-computer/blob/staging/catalogs/{path}?{sas}", timeout=60)


def test_what_is_put_is_served(catalog: Catalog) -> None:
    sas = token(catalog)
    created = put(catalog, sas, b'{"a": 1}', Content_Type="application/json")
    assert created.status_code == 201
    md5 = base64.b64encode(hashlib.md5(b'{"a": 1}', usedforsecurity=False).digest()).decode()
    assert created.headers["Content-MD5"] == md5
    found = get(catalog, sas)
    assert (found.content, found.headers["Content-Type"]) == (b'{"a": 1}', "application/json")
    assert (found.headers["ETag"], found.headers["Content-MD5"]) == (created.headers["ETag"], md5)
    assert put(catalog, sas, b"other").status_code == 201
    assert get(catalog, sas).content == b"other"
    part = requests.get(found.url, headers={"Range": "bytes=1-3"}, timeout=60)
    assert (part.status_code, part.content) == (206, b"the")


def test_a_reset_forgets_uploads(catalog: Catalog) -> None:
    sas = token(catalog)
    put(catalog, sas)
    catalog.control("POST", "reset")
    assert get(catalog, sas).status_code == 404


@pytest.mark.parametrize(
    ("sas", "status", "code"),
    [
        ({"permissions": "rl"}, 403, "AuthorizationPermissionMismatch"),
        ({"minutes": -1}, 403, "AuthenticationFailed"),
        ({"container": "staging/other"}, 403, "AuthenticationFailed"),
        (None, 409, "PublicAccessNotPermitted"),
    ],
)
def test_a_sas_for_writing_is_needed(catalog: Catalog, sas: dict[str, Any] | None, status: int, code: str) -> None:
    refused = put(catalog, "" if sas is None else token(catalog, **sas))
    assert (refused.status_code, refused.headers["x-ms-error-code"]) == (status, code)
    assert get(catalog, token(catalog)).status_code == 404


def test_a_sas_for_writing_only_does_not_read(catalog: Catalog) -> None:
    sas = token(catalog, "w")
    assert put(catalog, sas).status_code == 201
    assert get(catalog, sas).headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"


def test_creating_is_not_replacing(catalog: Catalog) -> None:
    sas = token(catalog, "rc")
    assert put(catalog, sas).status_code == 201
    assert put(catalog, sas).headers["x-ms-error-code"] == "UnauthorizedBlobOverwrite"
    there = put(catalog, token(catalog), If_None_Match="*")
    assert (there.status_code, there.headers["x-ms-error-code"]) == (409, "BlobAlreadyExists")


def test_requests_that_are_wrong_in_themselves(catalog: Catalog) -> None:
    sas = token(catalog)
    wrong = base64.b64encode(bytes(16)).decode()
    assert put(catalog, sas, Content_MD5=wrong).headers["x-ms-error-code"] == "Md5Mismatch"
    missing = requests.put(f"{catalog.url}/planetary-computer/blob/staging/catalogs/x?{sas}", data=b"", timeout=60)
    assert (missing.status_code, missing.headers["x-ms-error-code"]) == (400, "MissingRequiredHeader")
    assert put(catalog, f"{sas}&comp=tier").status_code == 501


@pytest.mark.parametrize("params", [{"container": "x"}, {"container": "a/b", "permissions": "z"}, {}])
def test_a_token_for_nothing_is_refused(catalog: Catalog, params: dict[str, str]) -> None:
    assert requests.get(f"{catalog.url}/_emulator/sas", params=params, timeout=60).status_code == 400


def test_an_uploaded_asset_is_ingested_as_it_was(scenes: Catalog) -> None:
    sas = token(scenes)
    put(scenes, sas, b"first", "asset.bin")
    container = f"{scenes.url}/planetary-computer/blob/staging/catalogs"
    connection = {"containerUrl": container, "sasToken": token(scenes, "rl")}
    scenes.call("POST", "/inma/ingestion-sources", 201, json={"kind": "SasToken", "connectionInfo": connection})
    item = scenes.scene(1)
    item["assets"]["own"] = {"href": f"{container}/asset.bin"}
    assert scenes.ingest(item)["status"] == "Succeeded"
    put(scenes, sas, b"second", "asset.bin")
    signed = scenes.call("GET", "/stac/collections/c/items/scene-01?sign=true").json()["assets"]["own"]["href"]
    assert requests.get(signed, timeout=60).content == b"first"
