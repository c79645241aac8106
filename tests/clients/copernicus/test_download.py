"""Downloads, by each row of the decision table."""

import errno
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clients.copernicus.disk import NoSpace
from clients.copernicus.errors import ProductNotDownloaded
from clients.copernicus.partial_file import open_unbuffered
from models.copernicus import ProductState
from models.failure import FailureClass

NAME = "S3B_OL_1_EFR"


@pytest.fixture
def product(find):
    return find(NAME)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "files"


def md5_of(path):
    return hashlib.md5(Path(path).read_bytes(), usedforsecurity=False).hexdigest()


def given_up(downloader, product, folder):
    with pytest.raises(ProductNotDownloaded) as refused:
        downloader.download(product, folder)
    return refused.value


def sent(data_space, product):
    return data_space.counts()["products"][product.name]


def test_a_product_is_downloaded_and_verified(data_space, downloader, product, folder):
    positions = []
    made = downloader.download(product, folder, positions.append)
    assert Path(made.path) == folder / f"{product.name}.zip"
    assert (made.checksum, made.size, made.fetched) == (f"blake3:{product.blake3}", product.size, product.size)
    assert md5_of(made.path) == product.md5
    assert made.verified_by == "blake3"
    assert positions[-1] == product.size
    assert {path.name for path in folder.iterdir()} == {f"{product.name}.zip", f"{product.name}.zip.json"}
    assert json.loads((folder / f"{product.name}.zip.json").read_text())["product"]["product_id"] == product.product_id


def test_what_is_there_is_not_fetched_again(data_space, downloader, product, folder):
    first = downloader.download(product, folder)
    assert downloader.download(product, folder) == first
    assert sent(data_space, product)["requests"] == 1


def test_a_file_that_was_changed_is_fetched_again(data_space, downloader, product, folder):
    made = downloader.download(product, folder)
    Path(made.path).write_bytes(b"something else")
    assert md5_of(downloader.download(product, folder).path) == product.md5
    assert sent(data_space, product)["requests"] == 2


def test_a_file_of_another_program_is_taken_over_if_it_is_right(data_space, downloader, product, folder):
    made = downloader.download(product, folder)
    (folder / f"{product.name}.zip.json").unlink()
    assert downloader.download(product, folder).checksum == made.checksum
    assert sent(data_space, product)["requests"] == 1


def test_two_that_want_the_same_file_fetch_it_once(data_space, open_downloader, product, folder):
    data_space.configure(download={"bytes_per_second": product.size * 4})
    threads = [threading.Thread(target=open_downloader().download, args=(product, folder)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent(data_space, product)["requests"] == 1


def test_a_redirect_to_another_host_of_the_service_keeps_the_token(data_space, open_downloader, product, folder):
    made = open_downloader(download_url=data_space.catalogue).download(product, folder)
    assert made.checksum == f"blake3:{product.blake3}"


@pytest.mark.parametrize("kind", ["truncated", "reset"])
@pytest.mark.parametrize("etag", [True, False])
def test_a_transfer_that_breaks_off_goes_on_from_there(data_space, downloader, product, folder, kind, etag, slept):
    data_space.configure(download={"etag": etag})
    data_space.mishap(kind, product.name, after_bytes=product.size // 2)
    made = downloader.download(product, folder)
    assert md5_of(made.path) == product.md5
    assert made.fetched == product.size
    assert len(slept) == 1


@pytest.mark.parametrize("ranges", ["ignored", "wrong", "refused"])
def test_where_ranges_do_not_work_it_starts_over(data_space, downloader, product, folder, ranges):
    data_space.configure(download={"ranges": ranges})
    data_space.mishap("truncated", product.name, after_bytes=product.size // 2)
    made = downloader.download(product, folder)
    assert md5_of(made.path) == product.md5
    assert made.fetched >= product.size


@pytest.mark.parametrize("kind", ["server-error", "too-many", "token-expired", "token-lost", "corrupt", "no-length"])
def test_what_passes_is_waited_for(data_space, downloader, product, folder, kind):
    data_space.mishap(kind, product.name)
    assert md5_of(downloader.download(product, folder).path) == product.md5


@pytest.mark.parametrize("begun", [0, 1000])
def test_more_than_the_whole_file_is_never_written(data_space, downloader, product, folder, begun):
    if begun:
        data_space.mishap("truncated", product.name, after_bytes=begun)
    data_space.mishap("too-long", product.name)
    positions = []
    assert md5_of(downloader.download(product, folder, positions.append).path) == product.md5
    assert max(positions) == product.size
    assert sent(data_space, product)["requests"] == (3 if begun else 2)


def test_a_refused_token_is_renewed_in_the_same_session(data_space, downloader, product, folder):
    data_space.mishap("token-expired", product.name)
    downloader.download(product, folder)
    counts = data_space.counts()
    assert (counts["password_grants"], counts["refresh_grants"]) == (1, 1)


def test_a_token_that_is_refused_twice_is_no_reason_to_try_on(data_space, downloader, product, folder):
    data_space.mishap("token-expired", product.name, times=2)
    refused = given_up(downloader, product, folder)
    assert (refused.state, refused.failure.code) == (ProductState.UNAUTHORISED, "TokenRefused")


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        ("wrong-audience", ProductState.UNAUTHORISED, "DAT-ZIP-609"),
        ("licence", ProductState.UNAUTHORISED, "DAT-ZIP-608"),
        ("missing", ProductState.FAILED, "DAT-ZIP-404"),
    ],
)
def test_what_lasts_is_given_up_at_once(data_space, downloader, product, folder, kind, state, code, slept):
    data_space.mishap(kind, product.name)
    refused = given_up(downloader, product, folder)
    assert (refused.state, refused.failure.code) == (state, code)
    assert product.name in str(refused)
    assert slept == []


def test_an_offline_product_is_not_asked_for(data_space, downloader, find, folder):
    data_space.mishap("offline", f"*{NAME}*")
    product = find(NAME)
    assert given_up(downloader, product, folder).state is ProductState.OFFLINE
    assert data_space.counts()["products"] == {}


def test_a_product_that_went_offline_since_the_search_is_offline(data_space, downloader, product, folder):
    data_space.mishap("offline", product.name)
    assert given_up(downloader, product, folder).state is ProductState.OFFLINE


def test_an_account_that_is_busy_for_too_long_is_a_quota(data_space, downloader, product, folder, slept):
    data_space.mishap("too-many", product.name, times=1000)
    refused = given_up(downloader, product, folder)
    assert (refused.state, refused.failure.code) == (ProductState.QUOTA, "DAT-ZIP-100")
    assert refused.failure.kind is FailureClass.TRANSIENT
    assert set(slept) == {67.5}
    assert sum(slept) <= 1800


def test_a_service_that_stays_down_is_given_up_and_nothing_is_lost(data_space, downloader, product, folder, slept):
    data_space.mishap("truncated", product.name, after_bytes=1000)
    data_space.mishap("server-error", product.name, times=100)
    refused = given_up(downloader, product, folder)
    assert refused.failure.kind is FailureClass.TRANSIENT
    assert "1,000 bytes are kept" in str(refused)
    assert slept[-1] > slept[0]
    data_space.control("DELETE", "copernicus/mishaps")
    assert downloader.download(product, folder).fetched == product.size - 1000


def test_a_file_that_is_whole_but_not_what_the_catalogue_says_is_kept_apart(data_space, downloader, find, folder):
    data_space.mishap("wrong-checksum", f"*{NAME}*")
    product = find(NAME)
    refused = given_up(downloader, product, folder)
    assert (refused.state, refused.failure.code) == (ProductState.CORRUPT, "UpstreamChecksumWrong")
    assert {path.name for path in folder.iterdir() if path.is_file()} <= {f"{product.name}.part.lock"}
    assert (folder / "quarantine" / f"{product.name}.zip").stat().st_size == product.size
    assert sent(data_space, product)["requests"] == 2

    again = given_up(downloader, product, folder)
    assert (again.state, again.failure.code) == (ProductState.CORRUPT, "UpstreamChecksumWrong")
    assert "as before: it was not fetched again" in str(again)
    assert sent(data_space, product)["requests"] == 2


def test_a_file_kept_apart_is_taken_when_the_catalogue_agrees(data_space, downloader, find, folder):
    data_space.mishap("wrong-checksum", f"*{NAME}*")
    given_up(downloader, find(NAME), folder)
    data_space.control("DELETE", "copernicus/mishaps")
    mended = find(NAME)
    made = downloader.download(mended, folder)
    assert (made.verified_by, made.fetched, made.checksum) == ("blake3", 0, f"blake3:{mended.blake3}")
    assert made.path == str(folder / f"{mended.name}.zip")
    assert not list((folder / "quarantine").iterdir())
    assert sent(data_space, mended)["requests"] == 2


def test_a_file_kept_apart_comes_again_when_the_catalogue_has_changed_since(data_space, downloader, find, folder):
    data_space.mishap("wrong-checksum", f"*{NAME}*")
    product = find(NAME)
    given_up(downloader, product, folder)
    changed = product.model_copy(update={"modified": datetime.now(UTC) + timedelta(seconds=1)})
    assert "came twice" in str(given_up(downloader, changed, folder))
    assert sent(data_space, product)["requests"] == 4


def test_a_file_that_comes_damaged_twice_is_corrupt(data_space, downloader, product, folder):
    data_space.mishap("corrupt", product.name, times=2)
    refused = given_up(downloader, product, folder)
    assert (refused.state, refused.failure.code) == (ProductState.CORRUPT, "ChecksumMismatch")
    assert not (folder / f"{product.name}.zip").exists()


def test_without_a_checksum_the_zip_itself_is_tested(data_space, downloader, find, folder):
    data_space.mishap("unknown-checksum", f"*{NAME}*")
    product = find(NAME)
    assert (product.md5, product.blake3, product.size) == (None, None, None)
    data_space.mishap("corrupt", product.name)
    made = downloader.download(product, folder)
    assert made.verified_by == "zip"
    assert sent(data_space, product)["requests"] == 2


def test_md5_is_taken_where_there_is_no_blake3(downloader, product, folder):
    made = downloader.download(product.model_copy(update={"blake3": None}), folder)
    assert (made.verified_by, made.checksum) == ("md5", f"md5:{product.md5}")


def test_md5_is_taken_where_blake3_is_not_installed(downloader, product, folder, monkeypatch):
    monkeypatch.setattr("clients.copernicus.checksum.HAS_BLAKE3", False)
    assert downloader.download(product, folder).verified_by == "md5"
    only = product.model_copy(update={"md5": None})
    assert downloader.download(only, folder / "other").verified_by == "zip"


def test_what_was_begun_of_another_version_of_a_product_is_not_continued(data_space, downloader, product, folder):
    data_space.mishap("truncated", product.name, after_bytes=1000)
    data_space.mishap("server-error", product.name, times=100)
    given_up(downloader, product.model_copy(update={"modified": None}), folder)
    data_space.control("DELETE", "copernicus/mishaps")
    assert downloader.download(product, folder).fetched == product.size


class FullDisk:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, path, mode, room):
        self._file, self._room = open_unbuffered(path, mode), room

    def write(self, chunk):
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._file.write(chunk[: self._room])
        self._room -= written
        return written

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()


def test_a_full_disk_is_said_and_nothing_is_lost(data_space, open_downloader, product, folder):
    full = open_downloader(open_file=lambda path, mode: FullDisk(path, mode, 5000))
    with pytest.raises(NoSpace, match="is full") as error:
        full.download(product, folder)
    assert str(folder) in str(error.value)
    assert (folder / f"{product.name}.part").stat().st_size == 5000
    made = open_downloader().download(product, folder)
    assert made.fetched == product.size - 5000
    assert md5_of(made.path) == product.md5


def test_no_connection_at_all(open_downloader, product, folder):
    refused = given_up(open_downloader(download_url="http://localhost:9/odata/v1"), product, folder)
    assert refused.failure.kind is FailureClass.TRANSIENT
    assert "cannot be reached" in str(refused)
