"""The upstream's SAS API and both blob hosts, over HTTP."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from rasterio.io import MemoryFile

from emulator.server import EmulatorServer
from emulator.state import EmulatorState

ITEM = "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527"


@pytest.fixture
def state(content: Path, tmp_path: Path) -> Iterator[EmulatorState]:
    with EmulatorServer(tmp_path, content=content) as server:
        yield server.state


@pytest.fixture
def href(state: EmulatorState) -> str:
    item = state.upstream.get_item("sentinel-2-l2a", ITEM)
    assert item is not None
    return str(item["assets"]["B09"]["href"])


@pytest.fixture
def token(state: EmulatorState) -> str:
    url = f"{state.config.public_url}/planetary-computer/api/sas/v1/token/sentinel-2-l2a"
    return str(requests.get(url, timeout=60).json()["token"])


def test_a_signed_blob_is_a_readable_image(href: str, token: str) -> None:
    answer = requests.get(f"{href}?{token}", timeout=60)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/tiff")
    digest = hashlib.md5(answer.content, usedforsecurity=False).digest()
    assert answer.headers["Content-MD5"] == b64encode(digest).decode()
    with MemoryFile(answer.content) as memory, memory.open() as raster:
        assert raster.shape == (107, 107)


def test_head_has_the_headers_and_no_body(href: str, token: str) -> None:
    whole = requests.get(f"{href}?{token}", timeout=60)
    head = requests.head(f"{href}?{token}", timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))
    assert head.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-15", slice(0, 16)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-20", slice(-20, None)),
        ("bytes=10-9999999", slice(10, None)),
    ],
)
def test_ranges(href: str, token: str, wanted: str, part: slice) -> None:
    whole = requests.get(f"{href}?{token}", timeout=60).content
    answer = requests.get(f"{href}?{token}", headers={"Range": wanted}, timeout=60)
    assert answer.status_code == 206
    assert answer.content == whole[part]
    first, last, _ = part.indices(len(whole))
    assert answer.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(whole)}"
    assert "Content-MD5" not in answer.headers


def test_a_range_beyond_the_end_is_416(href: str, token: str) -> None:
    answer = requests.get(f"{href}?{token}", headers={"Range": "bytes=99999999-"}, timeout=60)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


def test_without_a_token_public_access_is_not_permitted(href: str) -> None:
    answer = requests.get(href, timeout=60)
    assert answer.status_code == 409
    assert answer.headers["x-ms-error-code"] == "PublicAccessNotPermitted"
    assert "<Code>PublicAccessNotPermitted</Code>" in answer.text


def test_an_expired_token_is_refused_with_its_times(state: EmulatorState, href: str, token: str) -> None:
    state.clock.advance(44 * 60)
    assert requests.get(f"{href}?{token}", timeout=60).status_code == 200

    state.clock.advance(120)

    answer = requests.get(f"{href}?{token}", timeout=60)
    assert answer.status_code == 403
    assert answer.headers["x-ms-error-code"] == "AuthenticationFailed"
    assert "<AuthenticationErrorDetail>Signature not valid in the specified time frame" in answer.text


def test_a_missing_blob_is_404_only_with_a_token(href: str, token: str) -> None:
    missing = href.replace("B09", "B99")
    assert requests.get(missing, timeout=60).status_code == 409
    answer = requests.get(f"{missing}?{token}", timeout=60)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (404, "BlobNotFound")


def test_the_thumbnail_is_public(state: EmulatorState) -> None:
    collection = state.upstream.get_collection("sentinel-2-l2a")
    assert collection is not None
    answer = requests.get(collection["assets"]["thumbnail"]["href"], timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"


def test_managed_storage_wants_its_own_token(state: EmulatorState, href: str, token: str) -> None:
    container = f"{state.config.public_url}/managed-storage/local/cat-01234567"
    state.blobs.link(f"{container}/a1b/{ITEM}/B09.tif", href)
    own = state.sas.sign(container, 60, state.clock.now()).token

    assert requests.get(f"{container}/a1b/{ITEM}/B09.tif", timeout=60).status_code == 409
    assert requests.get(f"{container}/a1b/{ITEM}/B09.tif?{token}", timeout=60).status_code == 403
    answer = requests.get(f"{container}/a1b/{ITEM}/B09.tif?{own}", timeout=60)
    assert answer.content == requests.get(f"{href}?{token}", timeout=60).content


def test_tokens_by_container_and_signed_hrefs(state: EmulatorState, href: str) -> None:
    api = f"{state.config.public_url}/planetary-computer/api/sas/v1"
    by_container = requests.get(f"{api}/token/sentinel2l2a01/sentinel2-l2", timeout=60).json()
    assert set(by_container) == {"msft:expiry", "token"}
    assert requests.get(f"{href}?{by_container['token']}", timeout=60).status_code == 200

    signed = requests.get(f"{api}/sign", params={"href": href}, timeout=60).json()
    assert requests.get(signed["href"], timeout=60).status_code == 200

    elsewhere = requests.get(f"{api}/sign", params={"href": "https://example.com/a.tif"}, timeout=60).json()
    assert elsewhere == {"msft:expiry": None, "href": "https://example.com/a.tif"}
    assert requests.get(f"{api}/token/no-such", timeout=60).status_code == 404
