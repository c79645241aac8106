"""Microsoft's azure-storage-blob writes, reads and lists; the same tests run against Azurite."""

import base64
import hashlib
import os
import uuid
from typing import Any

import pytest
import requests
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient, ContainerClient, ContentSettings

from emulator.server import EmulatorServer
from tests.blob_services import BlobService, EmulatorBlobs

MIB = 2**20


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def container(blob_service: BlobService, name: str) -> ContainerClient:
    url = blob_service.container_url(name)
    options = {
        "max_single_put_size": MIB,
        "max_block_size": MIB,
        "retry_total": 0,
        "min_large_block_upload_threshold": 1,
    }
    return ContainerClient.from_container_url(f"{url}?{blob_service.sas(name, 'rwdcl')}", **options)


@pytest.fixture
def blob(container: ContainerClient) -> BlobClient:
    return container.get_blob_client("a folder/b(1)+c.bin")


def md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def error_code(error: HttpResponseError) -> str:
    code = error.error_code
    return str(getattr(code, "value", code))


def test_a_large_blob_goes_up_in_parallel_blocks(container: ContainerClient, blob: BlobClient) -> None:
    data = os.urandom(6 * MIB + 12_345)
    settings = ContentSettings(content_type="image/jp2", content_md5=bytearray(md5(data)))
    blob.upload_blob(
        data, max_concurrency=4, validate_content=True, content_settings=settings, metadata={"product": "x"}
    )
    found = blob.get_blob_properties()
    assert (found.size, found.content_settings.content_type, found.metadata) == (
        len(data),
        "image/jp2",
        {"product": "x"},
    )
    assert bytes(found.content_settings.content_md5) == md5(data)
    assert blob.download_blob(max_concurrency=2).readall() == data
    assert blob.download_blob(offset=MIB - 10, length=20).readall() == data[MIB - 10 : MIB + 10]
    committed, waiting = blob.get_block_list("all")
    assert ([block.size for block in committed], waiting) == ([MIB] * 6 + [12_345], [])


def test_a_small_blob_goes_up_in_one_request(blob: BlobClient) -> None:
    created = blob.upload_blob(b"first")
    found = blob.get_blob_properties()
    assert (found.etag, found.size) == (created["etag"], 5)
    assert bytes(found.content_settings.content_md5) == md5(b"first")
    with pytest.raises(ResourceExistsError) as error:
        blob.upload_blob(b"second")
    assert error_code(error.value) == "BlobAlreadyExists"
    assert blob.upload_blob(b"second", overwrite=True)["etag"] != created["etag"]
    assert blob.download_blob().readall() == b"second"


def test_blocks_wait_until_they_are_committed(blob: BlobClient) -> None:
    blob.stage_block("block-2", b"two", validate_content=True)
    blob.stage_block("block-1", b"one", validate_content=True)
    assert not blob.exists()
    committed, waiting = blob.get_block_list("uncommitted")
    assert (committed, {(block.id, block.size) for block in waiting}) == ([], {("block-1", 3), ("block-2", 3)})
    blob.commit_block_list([BlobBlock("block-1"), BlobBlock("block-2")])
    assert blob.download_blob().readall() == b"onetwo"
    assert blob.get_blob_properties().content_settings.content_md5 is None  # as nobody has seen the whole
    blob.stage_block("block-3", b"three")
    blob.commit_block_list([BlobBlock("block-3"), BlobBlock("block-1")])
    assert blob.download_blob().readall() == b"threeone"
    assert blob.get_block_list("uncommitted") == ([], [])


def test_unknown_blocks_are_refused(blob: BlobClient) -> None:
    blob.stage_block("block-1", b"one")
    with pytest.raises(HttpResponseError) as error:
        blob.commit_block_list([BlobBlock("block-1"), BlobBlock("block-9")])
    assert (error.value.status_code, error_code(error.value)) == (400, "InvalidBlockList")
    assert not blob.exists()


def test_bytes_that_arrive_changed_are_refused(blob: BlobClient) -> None:
    headers = {"Content-MD5": base64.b64encode(bytes(16)).decode(), "x-ms-blob-type": "BlockBlob"}
    for query in ("", "&comp=block&blockid=YQ=="):
        answer = requests.put(blob.url + query, data=b"data", headers=headers, timeout=60)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "Md5Mismatch")
    assert not blob.exists()


def test_conditions(blob: BlobClient) -> None:
    etag = blob.upload_blob(b"first")["etag"]
    blob.upload_blob(b"second", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    for attempt in (
        lambda: blob.upload_blob(b"3", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified),
        lambda: blob.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified),
        lambda: blob.delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified),
    ):
        with pytest.raises(ResourceModifiedError) as error:
            attempt()
        assert error_code(error.value) == "ConditionNotMet"
    headers = {"If-None-Match": blob.get_blob_properties().etag}
    assert requests.get(blob.url, headers=headers, timeout=60).status_code == 304


def test_metadata_and_content_type_can_be_changed(blob: BlobClient) -> None:
    blob.upload_blob(b"data", metadata={"a": "1"})
    blob.set_blob_metadata({"b": "2"})
    blob.set_http_headers(ContentSettings(content_type="text/plain", content_md5=bytearray(md5(b"data"))))
    found = blob.get_blob_properties()
    assert (found.metadata, found.content_settings.content_type) == ({"b": "2"}, "text/plain")
    assert blob.download_blob().readall() == b"data"


def test_lists(container: ContainerClient) -> None:
    names = ["a/1", "a/2", "a/b/3", "c & <d>", "e"]
    for blob_name in names:
        container.upload_blob(blob_name, blob_name.encode())
    assert [found.name for found in container.list_blobs()] == names
    assert [found.name for found in container.list_blobs(name_starts_with="a/")] == names[:3]
    pages = container.list_blobs(results_per_page=2).by_page()
    assert [[found.name for found in page] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert {found.name for found in container.walk_blobs()} == {"a/", "c & <d>", "e"}
    assert {found.name for found in container.walk_blobs("a/")} == {"a/1", "a/2", "a/b/"}
    first = next(iter(container.list_blobs()))
    assert (first.size, bytes(first.content_settings.content_md5)) == (3, md5(b"a/1"))


def test_deleted_blobs_are_gone(container: ContainerClient, blob: BlobClient) -> None:
    blob.upload_blob(b"data")
    blob.delete_blob()
    assert not blob.exists()
    assert list(container.list_blobs()) == []
    for attempt in (blob.delete_blob, blob.get_blob_properties, blob.download_blob):
        with pytest.raises(ResourceNotFoundError) as error:
            attempt()
        assert error_code(error.value) == "BlobNotFound"


def test_a_sas_permits_what_it_says(blob_service: BlobService, name: str, container: ContainerClient) -> None:
    container.upload_blob("there", b"data")
    reading = ContainerClient.from_container_url(f"{container.url.partition('?')[0]}?{blob_service.sas(name, 'r')}")
    assert reading.download_blob("there").readall() == b"data"
    for attempt in (
        lambda: reading.upload_blob("new", b"data"),
        lambda: reading.delete_blob("there"),
        lambda: list(reading.list_blobs()),
        lambda: reading.get_blob_client("there").stage_block("a", b"data"),
    ):
        with pytest.raises(HttpResponseError) as error:
            attempt()
        assert (error.value.status_code, error_code(error.value)) == (403, "AuthorizationPermissionMismatch")


class LocalIdentity:
    """Tokens of the emulator's identity endpoint."""

    def __init__(self, url: str, resource: str = "https://storage.azure.com") -> None:
        self._url, self._resource = url, resource

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        params = {"api-version": "2019-08-01", "resource": self._resource}
        headers = {"X-IDENTITY-HEADER": "local"}
        answer = requests.get(f"{self._url}/identity/token", params=params, headers=headers, timeout=60).json()
        return AccessToken(answer["access_token"], int(answer["expires_on"]))


class WithoutTls(RequestsTransport):
    """Stands for what ends TLS before a server: the client sends tokens to https only."""

    def send(self, request: Any, **options: Any) -> Any:
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def account_of(emulator: EmulatorServer, credential: LocalIdentity) -> BlobServiceClient:
    url = f"{emulator.url}/planetary-computer/blob/stagingtest".replace("http://", "https://")
    return BlobServiceClient(url, credential=credential, transport=WithoutTls(), retry_total=0)


def test_an_identity_creates_and_deletes_containers(emulator: EmulatorServer, name: str) -> None:
    with account_of(emulator, LocalIdentity(emulator.url)) as service:
        container = service.get_container_client(name)
        assert not container.exists()
        container.create_container()
        assert container.exists()
        with pytest.raises(ResourceExistsError) as error:
            container.create_container()
        assert error_code(error.value) == "ContainerAlreadyExists"
        container.upload_blob("a", b"data")
        assert [found.name for found in container.list_blobs()] == ["a"]
        container.delete_container()
        assert not container.exists()


def test_a_token_of_another_audience_is_refused(emulator: EmulatorServer, name: str) -> None:
    other = LocalIdentity(emulator.url, "https://geocatalog.spatio.azure.com")
    with account_of(emulator, other) as service, pytest.raises(ClientAuthenticationError) as error:
        service.get_blob_client(name, "a").upload_blob(b"data")
    assert error_code(error.value) == "InvalidAuthenticationInfo"


def test_uploads_keep_their_properties_over_a_restart(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("restart")
    etags = []
    for _ in range(2):
        with EmulatorServer(folder) as server:
            service = EmulatorBlobs(server.url)
            url = f"{service.container_url(name)}?{service.sas(name)}"
            blob = ContainerClient.from_container_url(url).get_blob_client("a")
            if not blob.exists():
                blob.upload_blob(b"data", metadata={"a": "1"})
            found = blob.get_blob_properties()
            etags.append((found.etag, found.metadata))
    assert etags[0] == etags[1]
