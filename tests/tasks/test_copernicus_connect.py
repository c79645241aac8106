"""The clients of a process that is asked to stop wait for no other process."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from clients.copernicus.token_file import TokenFile
from models.errors import Stopped
from settings import get_copernicus_settings
from tasks.copernicus_connect import account_dir, copernicus_tokens, downloader
from tasks.operation_watch import STOPPING
from tests.copernicus_products import made_up_product


@pytest.fixture
def stopping():
    STOPPING.set()
    yield
    STOPPING.clear()


def test_a_download_of_another_process_is_not_waited_for(copernicus, stopping, tmp_path):
    product = made_up_product(1, "S2A_MSIL2A.SAFE")
    with FileLock(tmp_path / f"{product.name}.part.lock"), ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(downloader().download, product, tmp_path).exception(), Stopped)


def test_a_sign_in_of_another_process_is_not_waited_for(copernicus, stopping):
    path = account_dir(get_copernicus_settings()) / "sign-in.json"
    with TokenFile(path).locked(), ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(copernicus_tokens().get).exception(), Stopped)
