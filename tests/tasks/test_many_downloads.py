"""1,200 products: pages, caps, repeated products, and 5 % of each thing that can go wrong with a download."""

import hashlib
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.disk import DiskBudget
from clients.copernicus.download import Downloader
from clients.copernicus.hosts import Hosts
from clients.copernicus.slots import MachineSlots
from clients.copernicus.transfer import Transfer
from emulator.upstreams.copernicus.mishap_kinds import LASTING, Kind
from models.area import Area
from models.copernicus import ProductState
from models.copernicus_request import DownloadCopernicusRequest
from tasks.copernicus_connect import copernicus_tokens
from tasks.copernicus_search import ProductSearch
from tasks.download_products import Downloads
from tasks.ledger import copernicus_ledger
from tasks.product_run import ProductRun
from tasks.transfer_progress import TransferProgress

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

COUNT = 1_200
WORLD = [-180.0, -90.0, 180.0, 90.0]
EXPECTED = {
    "Offline": ProductState.OFFLINE,
    "DAT-ZIP-608": ProductState.UNAUTHORISED,
    "DAT-ZIP-609": ProductState.UNAUTHORISED,
    "DAT-ZIP-404": ProductState.FAILED,
    "UpstreamChecksumWrong": ProductState.CORRUPT,
}
"""What cannot be had, by the code that says so; all else passes, if it happens once."""
TWICE = {"TokenRefused": ProductState.UNAUTHORISED, "ChecksumMismatch": ProductState.CORRUPT}
"""What the few products end as that two kinds of mishap strike, each of which calls for the one repeat there is."""


class SmallPages(ODataCatalogue):
    """Asks for 100 products at a time; notes the links that it follows, and the products that came twice."""

    def __init__(self, url):
        super().__init__(url)
        self.links, self.repeated = [], 0

    def pages(self, collection, conditions, page_size=100):
        last = None
        for page in super().pages(collection, conditions, page_size):
            ids = [product.product_id for product in page.products]
            self.repeated += last is not None and last in ids
            last = ids[-1] if ids else None
            yield page

    def _own(self, link):
        self.links.append(link)
        return super()._own(link)


@pytest.fixture
def products(copernicus):
    copernicus.configure(
        catalogue={"extra_products": COUNT, "max_skip": 400, "repeat_page": True},
        download={"slot_release_seconds": 0.02},
        mishaps={kind: 5.0 for kind in get_args(Kind) if kind != "deleted"},  # the search would not find those
    )
    catalogue = SmallPages(copernicus.catalogue)
    search = ProductSearch(catalogue, datetime(2026, 3, 1, tzinfo=UTC))
    asked = request()
    window = (datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 12, 31, tzinfo=UTC))
    found = list(search.products(asked, [Area(name="world", bbox=WORLD)], *window))
    assert any("skip=" in link for link in catalogue.links)
    assert catalogue.repeated
    return found


def request():
    return DownloadCopernicusRequest(
        collection="SENTINEL-3", product_type="OL_2_LFR___", bbox=WORLD, datetime_range="2022-01-01/2022-12-31"
    )


def short(seconds):
    """Wait a thousandth, so that a slot that the server frees late is free by then."""
    time.sleep(seconds / 1000)


def test_each_product_ends_in_one_outcome(copernicus, products, tmp_path):
    assert len({product.product_id for product in products}) == len(products) == COUNT
    folder = tmp_path / "files"
    catalogue, slots = ODataCatalogue(copernicus.catalogue), MachineSlots(tmp_path / "slots", 4)
    client = Downloader(
        Transfer(Hosts(copernicus.catalogue, copernicus.downloads)),
        copernicus_tokens(),
        lambda product_id: catalogue.product(product_id, "SENTINEL-3"),
        slot=slots.hold,
        sleep=short,
    )
    with ProductRun(copernicus_ledger(), request()) as run, ThreadPoolExecutor(20) as pool:
        run.found(products)
        downloads = Downloads(client, DiskBudget(folder), folder, run, TransferProgress(products))
        outcomes = list(pool.map(downloads.fetch, products))

    assert downloads.stopped_by is None
    assert [outcome.product_id for outcome in outcomes] == [product.product_id for product in products]
    lost = [outcome for outcome in outcomes if outcome.is_failed]
    codes = Counter(outcome.failure.code for outcome in lost)
    assert set(EXPECTED) <= set(codes) <= {*EXPECTED, *TWICE}
    assert {outcome.failure.code: outcome.state for outcome in lost}.items() <= {**EXPECTED, **TWICE}.items()
    assert all(codes[code] < COUNT * 0.01 for code in TWICE)
    assert COUNT * 0.15 < len(lost) < COUNT * 0.35  # five kinds that last, 5 % each
    for product, outcome in zip(products, outcomes, strict=True):
        if not outcome.is_failed:
            assert outcome.state is ProductState.DOWNLOADED
            assert is_right(outcome.downloaded, product)

    rows = {entry.product_id: entry.state for entry in copernicus_ledger().find_products()}
    assert rows == {outcome.product_id: outcome.state for outcome in outcomes}
    counts = copernicus.counts()
    assert counts["password_grants"] == 1
    assert counts["peak_connections"] <= 4
    assert counts["open_connections"] == 0
    assert Counter(path.suffix for path in folder.iterdir() if path.is_file())[".part"] == 0


def is_right(made, product):
    path = Path(made.path)
    if product.md5 is None:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == product.md5


def test_the_kinds_that_last_are_those_expected():
    assert len(LASTING) + 2 == len(EXPECTED)  # and offline, and the wrong checksum
