"""Downloads within a bounded disk: what is here already needs no room, and what nobody knows the size of does."""

import pytest

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.disk import UNKNOWN_SIZE, DiskBudget, NoSpace
from clients.copernicus.download import Downloader
from clients.copernicus.errors import ProductNotDownloaded
from clients.copernicus.hosts import Hosts
from clients.copernicus.transfer import Transfer
from models.copernicus import ProductState
from tasks.copernicus_connect import copernicus_tokens
from tasks.download_plan import DownloadPlan
from tasks.download_products import Downloads
from tasks.transfer_progress import TransferProgress
from tests.copernicus_products import find_product

NAME = "S3B_OL_1_EFR"


class Nowhere:
    """A recorder that writes nothing down."""

    def began(self, product):
        pass

    def ended(self, products):
        pass


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "files"


@pytest.fixture
def product(copernicus):
    return find_product(copernicus, NAME, "SENTINEL-3")


@pytest.fixture
def client(copernicus):
    catalogue = ODataCatalogue(copernicus.catalogue)
    transfer = Transfer(Hosts(copernicus.catalogue, copernicus.downloads))
    return Downloader(
        transfer,
        copernicus_tokens(),
        lambda product_id: catalogue.product(product_id, "SENTINEL-3"),
        sleep=lambda seconds: None,
    )


@pytest.fixture
def fetch(client, folder):
    """Fetch products into a folder that may hold so many bytes; return the outcomes and what ended the run."""

    def fetched(limit, *products):
        downloads = Downloads(client, DiskBudget(folder, limit), folder, Nowhere(), TransferProgress(products))
        return [downloads.fetch(product) for product in products], downloads.stopped_by

    return fetched


def test_a_whole_file_that_an_earlier_run_left_needs_no_room(fetch, client, product, folder):
    client.download(product, folder)
    (outcome,), stopped_by = fetch(int(1.2 * product.size), product)
    assert (outcome.state, stopped_by) == (ProductState.DOWNLOADED, None)


def test_a_file_kept_apart_needs_no_room(copernicus, fetch, client, folder):
    copernicus.mishap("wrong-checksum", f"*{NAME}*")
    wrong = find_product(copernicus, NAME, "SENTINEL-3")
    with pytest.raises(ProductNotDownloaded):
        client.download(wrong, folder)
    limit = int(1.2 * wrong.size)
    assert DownloadPlan(folder, wanted=[wrong]).missing_bytes == 0
    (outcome,), stopped_by = fetch(limit, wrong)
    assert (outcome.failure.code, stopped_by) == ("UpstreamChecksumWrong", None)
    copernicus.control("DELETE", "copernicus/mishaps")
    (outcome,), stopped_by = fetch(limit, find_product(copernicus, NAME, "SENTINEL-3"))
    assert (outcome.state, stopped_by) == (ProductState.DOWNLOADED, None)


def test_a_file_that_proves_useless_does_not_burst_the_disk(fetch, client, product, folder):
    made = client.download(product, folder)
    (folder / f"{product.name}.zip").write_bytes(b"x" * made.size)
    (outcome,), stopped_by = fetch(int(1.2 * product.size), product)
    assert (outcome.state, type(stopped_by)) == (ProductState.FOUND, NoSpace)
    assert not (folder / f"{product.name}.part").stat().st_size


@pytest.fixture
def unknown(copernicus):
    copernicus.mishap("unknown-checksum", f"*{NAME}*")
    found = find_product(copernicus, NAME, "SENTINEL-3")
    assert found.size is None
    return found


def test_a_product_of_unknown_size_is_not_asked_for_when_the_folder_is_full(copernicus, fetch, unknown, folder):
    folder.mkdir()
    (folder / "full").write_bytes(b"x" * 1000)
    (outcome,), stopped_by = fetch(900, unknown)
    assert (outcome.state, type(stopped_by)) == (ProductState.FOUND, NoSpace)
    assert copernicus.counts()["products"] == {}


def test_the_room_that_the_answer_says_is_promised_before_a_byte_is_written(fetch, product, unknown, folder):
    folder.mkdir()
    part = folder / f"{unknown.name}.part"
    part.write_bytes(b"x")  # begun of something else: it does not say what is still to come
    (outcome,), stopped_by = fetch(product.size - 1, unknown)
    assert (outcome.state, type(stopped_by)) == (ProductState.FOUND, NoSpace)
    assert part.stat().st_size == 0


def test_a_product_of_unknown_size_is_promised_its_size_and_no_more(fetch, product, unknown, folder):
    folder.mkdir()
    (outcome,), _ = fetch(UNKNOWN_SIZE + product.size, unknown)
    assert outcome.state is ProductState.DOWNLOADED


def test_a_size_that_nobody_says_is_promised_on_and_on(copernicus, fetch, unknown, monkeypatch):
    copernicus.configure(catalogue={"large_products": 1, "large_bytes": 3_000_000})
    copernicus.mishap("unknown-checksum", "S1A_IW_SLC*")
    copernicus.mishap("no-length", "S1A_IW_SLC*", times=5)
    large = find_product(copernicus, "S1A_IW_SLC", "SENTINEL-1")
    for module in ("clients.copernicus.product_files", "tasks.download_watch"):
        monkeypatch.setattr(f"{module}.UNKNOWN_SIZE", 1_000_000)
    (outcome,), stopped_by = fetch(2_500_000, large)
    assert (outcome.state, type(stopped_by)) == (ProductState.FOUND, NoSpace)
    (outcome,), stopped_by = fetch(5_000_000, large)
    assert (outcome.state, stopped_by) == (ProductState.DOWNLOADED, None)
