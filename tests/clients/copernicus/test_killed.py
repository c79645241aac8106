"""A process that is killed in the middle of 200 MB, and the one that comes after it."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from clients.copernicus.partial_file import CHUNK

pytestmark = pytest.mark.long

SIZE = 200_000_000
KILLED_AFTER = 80_000_000
CHILD = """
import sys
from pathlib import Path
from pydantic import SecretStr
from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.download import Downloader
from clients.copernicus.hosts import Hosts
from clients.copernicus.token_file import TokenFile
from clients.copernicus.tokens import CopernicusTokens
from clients.copernicus.transfer import Transfer

token_url, catalogue_url, download_url, product_id, folder = sys.argv[1:]
tokens = CopernicusTokens(
    token_url, "ada@example.com", SecretStr("local-password"), TokenFile(Path(folder, "state", "token.json"))
)
product = ODataCatalogue(catalogue_url).product(product_id, "SENTINEL-1")
transfer = Transfer(Hosts(catalogue_url, download_url))
Downloader(transfer, tokens, lambda product_id: None).download(product, Path(folder))
"""


@pytest.fixture
def product(data_space, find):
    data_space.configure(catalogue={"large_products": 1, "large_bytes": SIZE})
    return find("S1A_IW_SLC")


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def kept(data_space, product, folder):
    """Bytes that are there after a download was killed in its middle; the counts begin anew."""
    data_space.configure(download={"bytes_per_second": 60_000_000})
    urls = (data_space.token_url, data_space.catalogue, data_space.downloads)
    command = [sys.executable, "-c", CHILD, *urls, product.product_id, str(folder)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[3], start_new_session=True)
    part = folder / f"{product.name}.part"
    deadline = time.monotonic() + 90
    while not (part.exists() and part.stat().st_size > KILLED_AFTER):
        assert child.poll() is None, "the child ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    while data_space.counts()["open_connections"]:  # what a transfer sent is counted at its end
        time.sleep(0.01)
    data_space.configure(download={"bytes_per_second": None})
    data_space.control("DELETE", "copernicus")
    assert not (folder / f"{product.name}.zip").exists()
    return part.stat().st_size


def md5_of(path):
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def sent(data_space, product):
    return data_space.counts()["products"][product.name]["bytes"]


def test_the_next_process_fetches_what_is_missing(data_space, downloader, product, folder, kept):
    made = downloader.download(product, folder)
    assert kept > KILLED_AFTER
    assert made.fetched <= SIZE - kept + CHUNK
    assert sent(data_space, product) <= SIZE - kept + CHUNK
    assert md5_of(made.path) == product.md5


@pytest.mark.parametrize("ranges", ["ignored", "wrong", "refused"])
def test_where_the_server_does_not_resume_the_file_is_right_all_the_same(
    data_space, downloader, product, folder, kept, ranges
):
    data_space.configure(download={"ranges": ranges})
    made = downloader.download(product, folder)
    assert made.fetched == SIZE
    assert md5_of(made.path) == product.md5


def test_to_append_without_a_look_at_the_answer_makes_a_corrupt_file(data_space, product, folder, kept):
    """What many scripts do, and what the tests above are there to prevent."""
    data_space.configure(download={"ranges": "ignored"})
    part = folder / f"{product.name}.part"
    headers = {**data_space.header(), "Range": f"bytes={kept}-"}
    url = f"{data_space.downloads}/Products({product.product_id})/$value"
    with requests.get(url, headers=headers, stream=True, timeout=60) as response, part.open("ab") as file:
        response.raise_for_status()
        for chunk in response.iter_content(CHUNK):
            file.write(chunk)
    assert part.stat().st_size == kept + SIZE
    assert md5_of(part) != product.md5
