"""Blobs are written once, verified, and gone on with: on the emulator's blob host, and on Azurite."""

import hashlib
import os
import uuid

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.storage.blob import BlobClient
from pydantic import SecretStr

from clients.blob import BlobContainer
from clients.http_session import PatientRetry
from models.errors import CredentialsError, RefusedError, Stopped, TransientError

BLOCK = 100_000


@pytest.fixture
def container(blob_service, monkeypatch):
    monkeypatch.setattr(PatientRetry, "sleeper", staticmethod(lambda seconds: None))
    name = f"test-{uuid.uuid4().hex}"
    url = blob_service.container_url(name)

    def make(permissions="rwcl", minutes=60):
        token = blob_service.sas(name, permissions, minutes)
        return BlobContainer(url, SecretStr(token), block_size=BLOCK), token

    return make


@pytest.fixture
def file(tmp_path):
    """Ten blocks and a half."""
    path = tmp_path / "file"
    path.write_bytes(os.urandom(10 * BLOCK + BLOCK // 2))
    return path


def read(url, token):
    return requests.get(f"{url}?{token}", timeout=60)


def test_bytes_and_files_arrive_as_they_are(container, tmp_path):
    blobs, token = container()
    small = tmp_path / "small"
    small.write_bytes(bytes(range(256)))
    for content, sent in (("a (b)/c+d,e.json", b"{}"), ("file", small)):
        stored = blobs.put(content, sent, "application/json")
        assert "?" not in stored.url
        answer = read(stored.url, token)
        assert answer.content == (sent if isinstance(sent, bytes) else small.read_bytes())
        assert answer.headers["Content-Type"] == "application/json"


def test_an_empty_file_arrives(container, tmp_path):
    blobs, token = container()
    (tmp_path / "empty").touch()
    assert read(blobs.put("empty", tmp_path / "empty", "text/plain").url, token).content == b""


def test_a_blob_is_replaced(container, file):
    blobs, token = container()
    blobs.put("a", b"1", "text/plain")
    assert read(blobs.put("a", b"2", "text/plain").url, token).content == b"2"
    assert read(blobs.put("a", file, "text/plain").url, token).content == file.read_bytes()


def test_a_file_goes_in_blocks_and_its_md5_is_kept(container, file):
    blobs, token = container()
    stored = blobs.put("file", file, "application/zip")
    answer = read(stored.url, token)
    assert answer.content == file.read_bytes()
    assert stored.md5 == hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    assert stored.size == stored.sent == file.stat().st_size
    client = BlobClient.from_blob_url(f"{stored.url}?{token}", api_version="2023-11-03")
    assert bytes(client.get_blob_properties().content_settings.content_md5).hex() == stored.md5


def test_a_file_that_is_there_is_not_sent_again_and_a_changed_one_is(container, file):
    blobs, token = container()
    first = blobs.put("file", file, "application/zip")
    assert blobs.put("file", file, "application/zip") == first._replace(sent=0)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    changed = blobs.put("file", file, "application/zip")
    assert changed.sent == changed.size
    assert read(changed.url, token).content == file.read_bytes()


def test_after_an_interruption_only_missing_blocks_are_sent(container, file, monkeypatch):
    blobs, token = container()
    whole, calls = BlobClient.stage_block, []

    def broken(self, *args, **options):
        calls.append(args)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return whole(self, *args, **options)

    monkeypatch.setattr(BlobClient, "stage_block", broken)
    with pytest.raises(KeyboardInterrupt):
        blobs.put("file", file, "application/zip")
    monkeypatch.setattr(BlobClient, "stage_block", whole)
    again, _ = container()
    stored = again.put("file", file, "application/zip")
    assert stored.sent == stored.size - 4 * BLOCK
    assert read(stored.url, token).content == file.read_bytes()


def test_an_upload_ends_between_blocks_when_the_process_is_asked_to_stop(container, file):
    blobs, _ = container()
    read_once, asked = 11, []  # asked for each block when it is read, and when it is sent

    def cancelled():
        asked.append(1)
        return len(asked) > read_once + 4

    with pytest.raises(Stopped, match="the next run sends what is missing"):
        blobs.put("file", file, "application/zip", cancelled)
    again, token = container()
    stored = again.put("file", file, "application/zip")
    assert stored.sent == stored.size - 4 * BLOCK
    assert read(stored.url, token).content == file.read_bytes()


def test_a_file_is_not_even_read_by_a_process_that_is_asked_to_stop(container, file):
    blobs, _ = container()
    with pytest.raises(Stopped):
        blobs.put("file", file, "application/zip", lambda: True)


def test_blocks_of_another_file_are_not_taken_for_its_own(container, file):
    blobs, token = container()
    client = BlobClient.from_blob_url(f"{blobs.url}/file?{token}", api_version="2023-11-03")
    client.stage_block(f"{0:06d}-{'0' * 32}", b"x" * BLOCK)
    stored = blobs.put("file", file, "application/zip")
    assert stored.sent == stored.size
    assert read(stored.url, token).content == file.read_bytes()


@pytest.mark.parametrize(("permissions", "minutes"), [("rl", 60), ("rwcl", -1)])
def test_a_sas_that_does_not_permit_it_is_said_without_it(container, file, permissions, minutes):
    blobs, token = container(permissions, minutes)
    for content in (b"1", file):
        with pytest.raises(CredentialsError, match=r"answered 403 .*sp=rwcl") as error:
            blobs.put("a", content, "text/plain")
        assert token not in str(error.value)
        assert token.partition("sig=")[2] not in str(error.value)


def test_a_sas_is_sent_to_no_open_host():
    with pytest.raises(CredentialsError, match="use https in GEOCATALOG_STAGING_URL"):
        BlobContainer("http://example.org/c", SecretStr("sig=x")).put("a", b"1", "text/plain")


def test_an_identity_is_sent_over_https_only():
    class Identity:
        def get_token(self, *scopes, **options):
            return AccessToken("planted", 2**40)

    with pytest.raises(CredentialsError, match="without https: set GEOCATALOG_STAGING_SAS"):
        BlobContainer("http://127.0.0.1:9/account/c", Identity()).put("a", b"1", "text/plain")


def test_a_container_that_does_not_answer(emulator):
    blobs = BlobContainer("http://127.0.0.1:9/account/c", SecretStr("sig=planted"))
    with pytest.raises(TransientError, match="cannot be reached") as error:
        blobs.put("a", b"1", "text/plain")
    assert "planted" not in str(error.value)


@pytest.fixture
def local(emulator):
    params = {"container": "staging/faults", "permissions": "rwcl"}
    token = requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=60).json()["token"]
    url = f"{emulator.url}/planetary-computer/blob/staging/faults"
    return BlobContainer(url, SecretStr(token), block_size=BLOCK)


def test_503_is_repeated_and_404_is_not(emulator, local):
    emulator.fault(path="*/staging/faults/a", status=503, times=2)
    assert local.put("a", b"1", "text/plain")
    emulator.fault(path="*/staging/faults/b", status=404)
    with pytest.raises(RefusedError, match="answered 404"):
        local.put("b", b"1", "text/plain")


def test_blocks_are_repeated_too(emulator, local, file):
    emulator.fault(path="*/staging/faults/a", status=503, times=5)
    assert local.put("a", file, "text/plain").sent == file.stat().st_size
