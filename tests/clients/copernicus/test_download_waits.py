"""What a download waits for, how long, and for what it does not."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from clients.copernicus.errors import ProductNotDownloaded
from models.copernicus import ProductState
from models.errors import Stopped
from models.failure import FailureClass


@pytest.fixture
def product(find):
    return find("S3B_OL_1_EFR")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "files"


def md5_of(path):
    return hashlib.md5(Path(path).read_bytes(), usedforsecurity=False).hexdigest()


def given_up(downloader, product, folder):
    with pytest.raises(ProductNotDownloaded) as refused:
        downloader.download(product, folder)
    return refused.value


def test_a_sign_in_that_is_away_for_a_while_is_waited_for(data_space, downloader, product, folder, slept):
    data_space.control("POST", "faults", {"path": "/copernicus/auth/*", "status": 503, "times": 12})
    made = downloader.download(product, folder)
    assert md5_of(made.path) == product.md5
    assert len(slept) == 3  # each sign-in is four requests


def test_a_sign_in_that_stays_away_is_said(data_space, downloader, product, folder):
    data_space.control("POST", "faults", {"path": "/copernicus/auth/*", "status": 503, "times": 100})
    refused = given_up(downloader, product, folder)
    assert (refused.failure.code, refused.failure.kind) == ("SignInAway", FailureClass.TRANSIENT)
    assert "sign-in answered 503" in str(refused)


def test_nobody_who_is_asked_to_stop_waits_for_another_process(open_downloader, product, folder):
    folder.mkdir()
    waiting = open_downloader(cancelled=lambda: True)
    with (
        FileLock(folder / f"{product.name}.part.lock"),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(Stopped, match=product.name),
    ):
        pool.submit(waiting.download, product, folder).result()


def test_no_connection_is_held_while_the_account_is_busy(data_space, open_downloader, product, folder, slept):
    held = [0]

    @contextmanager
    def slot():
        held[0] += 1
        try:
            yield
        finally:
            held[0] -= 1

    def sleep(seconds):
        slept.append(seconds)
        assert held == [0]

    data_space.mishap("too-many", product.name, times=3)
    made = open_downloader(slot=slot, sleep=sleep).download(product, folder)
    assert md5_of(made.path) == product.md5
    assert slept == [67.5] * 3


@pytest.mark.parametrize("kind", ["too-many", "server-error"])
def test_the_time_that_the_service_names_is_waited(data_space, downloader, product, folder, slept, kind):
    data_space.configure(download={"retry_after": "75"})
    data_space.mishap(kind, product.name)
    downloader.download(product, folder)
    assert slept == [75.0]


def test_a_time_that_is_longer_than_the_patience_is_said_and_not_waited(data_space, downloader, product, folder, slept):
    data_space.configure(download={"retry_after": "7200"})
    data_space.mishap("too-many", product.name)
    refused = given_up(downloader, product, folder)
    assert (refused.state, slept) == (ProductState.QUOTA, [])
    assert "asks to wait 120 minutes" in str(refused)
    assert "no connection free" not in str(refused)


def test_a_service_that_is_down_for_longer_than_the_patience_is_not_said_to_be_so_time_and_again(
    data_space, downloader, product, folder, slept
):
    data_space.configure(download={"retry_after": "7200"})
    data_space.mishap("server-error", product.name)
    refused = given_up(downloader, product, folder)
    assert slept == []
    said = "the download host answered 503 DAT-ZIP-500: Service unavailable, and asks to wait 120 minutes; 0 bytes"
    assert str(refused).startswith(f"{product.name}: {said}")
