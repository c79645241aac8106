"""Mishaps of every kind at once: a patient client still gets each product, or the reason why not."""

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import requests

from emulator.upstreams.copernicus.mishap_kinds import LASTING, OF_THE_RECORD, PASSING, Kind
from tests.emulator.copernicus import DataSpace

PRODUCTS, PERCENT = 80, 20
ATTEMPTS = 40
"""More than all passing kinds together can spoil."""
AGAIN = {"DAT-ZIP-100", "DAT-ZIP-109", "DAT-ZIP-500", "DAT-ZIP-604"}


def fetch(data_space: DataSpace, header: dict[str, str], product: dict[str, Any]) -> str:
    """Return `right` or `wrong bytes` by the checksum, or the code of a refusal that lasts."""
    found = b""
    outcome = "never complete"
    for _ in range(ATTEMPTS):
        headers = header | ({"Range": f"bytes={len(found)}-"} if found else {})
        with requests.get(data_space.value_url(product), headers=headers, stream=True, timeout=60) as response:
            if response.status_code == 416:
                found = b""
            elif not response.ok:
                if (code := response.json()["code"]) not in AGAIN:
                    return code
            else:
                resumed = response.headers.get("Content-Range", "").startswith(f"bytes {len(found)}-")
                found, complete = read(response, found if resumed else b"")
                md5 = hashlib.md5(found, usedforsecurity=False).hexdigest()
                if complete and md5 == product["Checksum"][0]["Value"]:
                    return "right"
                if complete:
                    found, outcome = b"", "wrong bytes"
    return outcome


def read(response: requests.Response, before: bytes) -> tuple[bytes, bool]:
    try:
        for chunk in response.iter_content(64):
            before += chunk
    except requests.RequestException:
        return before, False
    return before, True


def test_every_kind_is_of_one_sort() -> None:
    assert sorted([*PASSING, *LASTING, *OF_THE_RECORD]) == sorted(get_args(Kind))


def test_a_patient_client_gets_every_product_that_can_be_had(data_space: DataSpace) -> None:
    truth = {"catalogue": {"extra_products": PRODUCTS}}
    data_space.configure(**truth)
    options = {"top": "1000", "orderby": "ContentDate/Start asc"}
    right = {p["Id"]: p for p in data_space.search("contains(Name,'OL_2_LFR')", **options)["value"]}
    kinds = [kind for kind in get_args(Kind) if kind not in ("unknown-checksum", "deleted")]
    data_space.configure(mishaps=dict.fromkeys(kinds, PERCENT))
    told = data_space.search("contains(Name,'OL_2_LFR')", **options)["value"]
    assert len(told) == len(right) == PRODUCTS
    header = data_space.header()
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda product: fetch(data_space, header, product), told))
    seen = Counter(outcomes)
    lying = {p["Id"] for p in told if p["Checksum"] != right[p["Id"]]["Checksum"]}
    for product, outcome in zip(told, outcomes, strict=True):
        if not product["Online"]:
            assert outcome == "DAT-ZIP-403"
        elif not outcome.startswith("DAT-ZIP"):
            assert outcome == ("wrong bytes" if product["Id"] in lying else "right")
    assert {"right", "wrong bytes", "DAT-ZIP-403", "DAT-ZIP-404", "DAT-ZIP-608", "DAT-ZIP-609"} == seen.keys()
    counts = data_space.counts()
    assert counts["peak_connections"] <= 4
    assert counts["sessions_opened"] == 1
    assert {"DAT-ZIP-100", "DAT-ZIP-109", "DAT-ZIP-500", "DAT-ZIP-604"} <= counts["refused"].keys()
