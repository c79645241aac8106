"""Put Blob by a SAS, on a real server."""

import pytest
import requests
from pydantic import SecretStr

from clients.blob import BlobContainer
from models.errors import CredentialsError, RefusedError, TransientError

STAGE = "staging/blobs"


@pytest.fixture
def container(emulator):
    def make(permissions="rwcl", minutes=60):
        params = {"container": STAGE, "permissions": permissions, "minutes": minutes}
        token = requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=10).json()["token"]
        return BlobContainer(f"{emulator.url}/planetary-computer/blob/{STAGE}", SecretStr(token)), token

    return make


def test_bytes_and_files_arrive_as_they_are(container, tmp_path):
    blobs, token = container()
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 10_000)
    for content, sent in (("a (b)/c+d,e.json", b"{}"), ("file", file)):
        url = blobs.put(content, sent, "application/json")
        assert "?" not in url
        answer = requests.get(f"{url}?{token}", timeout=10)
        assert answer.content == (sent if isinstance(sent, bytes) else file.read_bytes())
        assert answer.headers["Content-Type"] == "application/json"


def test_a_blob_is_replaced(container):
    blobs, token = container()
    blobs.put("a", b"1", "text/plain")
    assert requests.get(f"{blobs.put('a', b'2', 'text/plain')}?{token}", timeout=10).content == b"2"


@pytest.mark.parametrize(("permissions", "minutes"), [("rl", 60), ("rwcl", -1)])
def test_a_sas_that_does_not_permit_it_is_said_without_it(container, permissions, minutes):
    blobs, token = container(permissions, minutes)
    with pytest.raises(CredentialsError, match=r"answered 403 .*sp=rwcl") as error:
        blobs.put("a", b"1", "text/plain")
    assert token not in str(error.value) and token.partition("sig=")[2] not in str(error.value)


def test_a_sas_is_sent_to_no_open_host():
    with pytest.raises(CredentialsError, match="use https in GEOCATALOG_STAGING_URL"):
        BlobContainer("http://example.org/c", SecretStr("sig=x")).put("a", b"1", "text/plain")


def test_a_container_that_does_not_answer(emulator):
    blobs = BlobContainer("http://127.0.0.1:9/account/c", SecretStr("sig=planted"))
    with pytest.raises(TransientError, match=r"cannot be reached \(ConnectionError\)") as error:
        blobs.put("a", b"1", "text/plain")
    assert "planted" not in str(error.value)


def test_503_is_repeated_and_404_is_not(emulator, container):
    blobs, _ = container()
    emulator.fault(path="*/staging/blobs/a", status=503, times=2)
    assert blobs.put("a", b"1", "text/plain")
    emulator.fault(path="*/staging/blobs/b", status=404)
    with pytest.raises(RefusedError, match="answered 404"):
        blobs.put("b", b"1", "text/plain")
