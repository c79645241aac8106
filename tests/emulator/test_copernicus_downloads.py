"""Downloads of the Copernicus Data Space: ranges, limits, and what goes wrong on order."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.emulator.copernicus import DataSpace

NAME = "S5P"


@pytest.fixture
def product(data_space: DataSpace) -> dict[str, Any]:
    return data_space.product(NAME)


@pytest.fixture
def whole(data_space: DataSpace, product: dict[str, Any]) -> bytes:
    content = data_space.download(product).content
    data_space.control("DELETE", "copernicus")
    return content


def test_the_catalogue_sends_to_another_origin_and_the_token_is_lost(
    data_space: DataSpace, product: dict[str, Any]
) -> None:
    url = f"{data_space.catalogue}/Products({product['Id']})/$value"
    first = requests.get(url, headers=data_space.header(), allow_redirects=False, timeout=60)
    assert (first.status_code, first.headers["Location"]) == (301, data_space.value_url(product))
    assert "//127.0.0.1:" in url
    assert "//localhost:" in first.headers["Location"]
    followed = requests.get(url, headers=data_space.header(), timeout=60)
    assert (followed.status_code, followed.json()["code"]) == (401, "DAT-ZIP-604")
    by_hand = requests.get(first.headers["Location"], headers=data_space.header(), timeout=60)
    assert len(by_hand.content) == product["ContentLength"]


def test_ranges(data_space: DataSpace, product: dict[str, Any], whole: bytes) -> None:
    part = data_space.download(product, Range="bytes=1000-")
    size = len(whole)
    assert (part.status_code, part.headers["Content-Range"]) == (206, f"bytes 1000-{size - 1}/{size}")
    assert part.content == whole[1000:]
    assert data_space.download(product, Range="bytes=10-19").content == whole[10:20]
    beyond = data_space.download(product, Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_etags_where_they_are_switched_on(data_space: DataSpace, product: dict[str, Any], whole: bytes) -> None:
    assert "ETag" not in data_space.download(product).headers
    data_space.configure(download={"etag": True})
    etag = data_space.download(product).headers["ETag"]
    again = data_space.download(product, **{"Range": "bytes=5-", "If-Range": etag})
    other = data_space.download(product, **{"Range": "bytes=5-", "If-Range": '"other"'})
    assert (again.status_code, other.status_code, other.content) == (206, 200, whole)


@pytest.mark.parametrize(("mode", "status"), [("ignored", 200), ("wrong", 206), ("refused", 416)])
def test_ranges_may_be_answered_badly(
    data_space: DataSpace, product: dict[str, Any], whole: bytes, mode: str, status: int
) -> None:
    data_space.configure(download={"ranges": mode})
    response = data_space.download(product, Range="bytes=1000-")
    assert response.status_code == status
    if mode == "ignored":
        assert response.content == whole
    if mode == "wrong":
        assert response.headers["Content-Range"].startswith("bytes 500-")
        assert response.content == whole[500:]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("server-error", 503, "DAT-ZIP-500"),
        ("too-many", 429, "DAT-ZIP-100"),
        ("token-expired", 401, "DAT-ZIP-109"),
        ("token-lost", 401, "DAT-ZIP-604"),
    ],
)
def test_passing_refusals(data_space: DataSpace, product: dict[str, Any], kind: str, status: int, code: str) -> None:
    data_space.mishap(kind, "S5P*", times=2)
    answers = [data_space.download(product) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["code"] == code
    assert data_space.counts()["refused"] == {code: 2}


def test_a_refusal_may_say_when_to_come_again(data_space: DataSpace, product: dict[str, Any]) -> None:
    data_space.mishap("too-many", "S5P*", times=2)
    assert "Retry-After" not in data_space.download(product).headers
    data_space.configure(download={"retry_after": "7"})
    assert data_space.download(product).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("wrong-audience", 401, "DAT-ZIP-609"),
        ("licence", 403, "DAT-ZIP-608"),
        ("missing", 404, "DAT-ZIP-404"),
        ("offline", 403, "DAT-ZIP-403"),
    ],
)
def test_lasting_refusals(data_space: DataSpace, product: dict[str, Any], kind: str, status: int, code: str) -> None:
    data_space.mishap(kind, product["Id"])
    for _ in range(3):
        answer = data_space.download(product)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def read_what_comes(response: requests.Response) -> tuple[bytes, bool]:
    """Return the bytes that came, and whether the transfer ended as it should."""
    found = b""
    try:
        for chunk in response.iter_content(1):  # a larger chunk would be lost with the connection
            found += chunk
    except requests.RequestException:
        return found, False
    return found, True


def begin(data_space: DataSpace, product: dict[str, Any], **headers: str) -> requests.Response:
    headers |= data_space.header()
    return requests.get(data_space.value_url(product), headers=headers, stream=True, timeout=60)


def test_a_truncated_body_is_a_short_one(data_space: DataSpace, product: dict[str, Any], whole: bytes) -> None:
    data_space.mishap("truncated", "S5P*", after_bytes=12_345)
    response = begin(data_space, product)
    assert int(response.headers["Content-Length"]) == len(whole)
    assert read_what_comes(response) == (whole[:12_345], False)
    assert data_space.download(product).content == whole


def test_a_reset_connection(data_space: DataSpace, product: dict[str, Any], whole: bytes) -> None:
    data_space.mishap("reset", "S5P*")
    found, complete = read_what_comes(begin(data_space, product))
    assert not complete
    assert whole.startswith(found)
    assert data_space.download(product).content == whole


def test_resumes_after_a_cut_may_be_answered_badly(
    data_space: DataSpace, product: dict[str, Any], whole: bytes
) -> None:
    for kind, status in (("range-ignored", 200), ("range-wrong", 206), ("range-refused", 416)):
        data_space.mishap(kind, "S5P*")
        found, complete = read_what_comes(begin(data_space, product))
        assert (complete, len(found)) == (False, len(whole) // 2)
        answer = data_space.download(product, Range=f"bytes={len(found)}-")
        assert answer.status_code == status, kind
        assert found + answer.content != whole
        assert data_space.download(product).content == whole


def test_wrong_bytes_and_wrong_lengths(data_space: DataSpace, product: dict[str, Any], whole: bytes) -> None:
    data_space.mishap("corrupt", "S5P*")
    damaged = data_space.download(product).content
    assert (len(damaged), damaged[1:]) == (len(whole), whole[1:])
    assert damaged != whole
    data_space.control("DELETE", "copernicus/mishaps")
    data_space.mishap("too-long", "S5P*")
    longer = data_space.download(product)
    assert "Content-Length" not in longer.headers
    assert longer.content[: len(whole)] == whole
    assert len(longer.content) == pytest.approx(1.03 * len(whole), rel=0.001)
    data_space.mishap("no-length", "S5P*")
    chunked = data_space.download(product)
    assert "Content-Length" not in chunked.headers
    assert chunked.content == whole


def test_no_more_connections_than_the_account_has(data_space: DataSpace, product: dict[str, Any]) -> None:
    data_space.configure(download={"bytes_per_second": 2_000})
    held = [begin(data_space, product) for _ in range(4)]
    assert [response.status_code for response in held] == [200] * 4
    fifth = begin(data_space, product)
    assert (fifth.status_code, fifth.json()["message"]) == (429, "Max session number exceeded")
    assert (data_space.counts()["open_connections"], data_space.counts()["peak_connections"]) == (4, 5)
    for response in held:
        response.close()
    wait_until(lambda: data_space.counts()["open_connections"] == 0)
    data_space.configure(download={"bytes_per_second": None})
    assert data_space.download(product).ok


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_slots_may_be_freed_late(data_space: DataSpace, product: dict[str, Any]) -> None:
    data_space.configure(download={"slot_release_seconds": 60, "connections": 1})
    assert data_space.download(product).ok
    assert data_space.download(product).status_code == 429


def test_a_finished_transfer_frees_its_slot_at_once(data_space: DataSpace, product: dict[str, Any]) -> None:
    header = data_space.header()

    def fetch(_: int) -> int:
        return requests.get(data_space.value_url(product), headers=header, timeout=60).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(fetch, range(60))) == {200}
    counts = data_space.counts()
    name = product["Name"]
    assert counts["peak_connections"] <= 4
    assert counts["products"][name] == {"requests": 60, "bytes": 60 * product["ContentLength"], "complete": 60}


def test_drawn_mishaps_are_the_same_on_every_run(data_space: DataSpace) -> None:
    found = []
    for seed in (1, 1, 2):
        data_space.control("POST", "reset")
        data_space.configure(catalogue={"extra_products": 200}, mishaps={"offline": 5, "licence": 5})
        data_space.control("PUT", "config", {"seed": seed})
        listed = data_space.search("contains(Name,'LFR')", top="1000", orderby="ContentDate/Start asc")["value"]
        found.append([product["Name"] for product in listed if not product["Online"]])
    assert found[0] == found[1] != found[2]
    assert 3 <= len(found[0]) <= 20


def test_large_products_need_no_disk_and_resume(data_space: DataSpace) -> None:
    data_space.configure(catalogue={"large_products": 1, "large_bytes": 20_000_000})
    product = data_space.product("IW_SLC")
    content = data_space.download(product).content
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert (len(content), md5) == (20_000_000, product["Checksum"][0]["Value"])
    assert data_space.download(product, Range="bytes=19999990-").content == content[-10:]


def test_single_files(data_space: DataSpace) -> None:
    product = data_space.product("S2B_MSIL2A_20240205")
    nodes = f"{data_space.downloads}/Products({product['Id']})/Nodes"
    root = requests.get(nodes, timeout=60).json()["result"]
    assert [node["Name"] for node in root] == [product["Name"]]
    inside = {node["Name"]: node for node in requests.get(root[0]["Nodes"]["uri"], timeout=60).json()["result"]}
    assert {"manifest.safe", "MTD_MSIL2A.xml", "GRANULE"} <= inside.keys()
    url = f"{nodes}({product['Name']})/Nodes(MTD_MSIL2A.xml)/$value"
    assert requests.get(url, timeout=60).json()["code"] == "DAT-ZIP-604"
    file = requests.get(url, headers=data_space.header(), timeout=60)
    assert len(file.content) == inside["MTD_MSIL2A.xml"]["ContentLength"]
    assert b"<PRODUCT_URI>" in file.content
    assert requests.get(url.replace("MTD", "NO"), headers=data_space.header(), timeout=60).status_code == 404


def test_requests_that_are_wrong_in_themselves(data_space: DataSpace, product: dict[str, Any]) -> None:
    for given, status, code in (
        (f"'{product['Id']}'", 400, "DAT-ZIP-104"),
        ("123", 422, "DAT-ZIP-111"),
        ("00000000-0000-0000-0000-000000000000", 404, "DAT-ZIP-404"),
    ):
        answer = data_space.download({"Id": given})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    body = {"kind": "missing", "product": "*", "times": 2}
    assert requests.post(f"{data_space.url}/_emulator/copernicus/mishaps", json=body, timeout=60).status_code == 400
