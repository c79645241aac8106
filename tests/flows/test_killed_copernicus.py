"""An ingest of products that is killed while it downloads, stages or waits, and the run that comes after it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient
from prefect.settings import PREFECT_API_URL

from clients.copernicus.partial_file import CHUNK
from flows.ingest_copernicus import ingest_copernicus
from models.copernicus import ProductState
from models.failure import FailureClass
from tasks.connect import geocatalog
from tasks.ledger import ledger
from tests.flows.test_copernicus_connections import change
from tests.flows.test_crashed import wait_until
from tests.flows.test_ingest_copernicus import COLLECTION, ICELAND, files, request_for, states

pytestmark = pytest.mark.long

PROJECT = Path(__file__).parents[2]
WEEK = "2024-02-04/2024-02-08"


def begin(folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Begin the ingest by the command line, in a process of its own."""
    request = ["--collection-id", COLLECTION, "--bbox=" + ",".join(map(str, ICELAND)), "--datetime-range", WEEK]
    request += ["--source-kind", "SasToken", "--no-convert-to-cog"]
    with (folder / "run.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", "ingest-copernicus", *request],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdout=log,
            stderr=log,
        )


def kill_when(condition: Callable[[], bool], folder: Path, **environment: str) -> None:
    """Kill an ingest as soon as the condition holds."""
    process = begin(folder, **environment)
    pause = threading.Event()
    while not condition():
        assert process.poll() is None, (folder / "run.log").read_text()
        pause.wait(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def kept_bytes(folder: Path) -> dict[str, int]:
    """Bytes that are here of each product, by its name, whole or in part."""
    sizes = {path: path.stat().st_size for path in folder.glob("*.SAFE*") if path.suffix in (".part", ".zip")}
    return {path.name.removesuffix(path.suffix): size for path, size in sizes.items()}


def stored_blobs(emulator) -> int:
    return emulator.count("PUT", "/planetary-computer/blob/")


def check_all_is_done(emulator, folder: Path) -> None:
    """Check what holds after every kill, once the run has been repeated."""
    assert len(states()) >= 3
    assert set(states().values()) == {ProductState.PROVEN}
    assert set(emulator.submitted().values()) == {1}, "an Item was sent twice"
    assert files(folder) == []


@pytest.fixture
def run_again(emulator, staging, tmp_path):
    """Run the ingest in this process; check what it leaves, and return its report."""

    def run():
        change(active_slots=0)  # which a server that is no test's does by itself, once the leases have run out
        report = ingest_copernicus(request_for(datetime_range=WEEK))
        assert report.matched == report.proven == len(states())
        check_all_is_done(emulator, tmp_path)
        return report

    return run


def test_killed_while_it_downloads_only_missing_bytes_come_again(emulator, copernicus, staging, tmp_path):
    """All connections are taken when it is killed, and the Prefect server that counts them ends with it."""
    folder = tmp_path / "copernicus"
    home = {"PREFECT_HOME": str(tmp_path / "prefect")}
    copernicus.configure(download={"bytes_per_second": 300_000})
    kill_when(
        lambda: copernicus.counts()["open_connections"] and sum(kept_bytes(folder).values()) > 2e6, tmp_path, **home
    )
    kept = kept_bytes(folder)
    wait_until(lambda: copernicus.counts()["open_connections"] == 0, 20)  # what a transfer sent is counted at its end
    copernicus.configure(download={"bytes_per_second": None})
    copernicus.control("DELETE", "copernicus")

    assert begin(tmp_path, **home).wait(600) == 0, (tmp_path / "run.log").read_text()
    check_all_is_done(emulator, tmp_path)
    sent = copernicus.counts()["products"]
    assert len(sent) == len(states())
    for name, counted in sent.items():
        assert counted["bytes"] <= copernicus.product(name)["ContentLength"] - kept.get(name, 0) + CHUNK


def test_killed_while_it_stages_no_blob_is_stored_twice(emulator, copernicus, staging, run_again, tmp_path):
    kill_when(lambda: stored_blobs(emulator) >= 8, tmp_path, PREFECT_API_URL=PREFECT_API_URL.value())
    before = stored_blobs(emulator)

    report = run_again()
    blobs = len(list(ContainerClient.from_container_url(staging, os.environ["GEOCATALOG_STAGING_SAS"]).list_blobs()))
    assert 8 <= before < blobs
    assert stored_blobs(emulator) == blobs
    assert all(product["complete"] == 1 for product in copernicus.counts()["products"].values())
    assert report.sent > 0


@pytest.mark.parametrize("meanwhile", ["open", "ended"])
def test_killed_while_operations_are_open_no_item_is_sent_again(emulator, copernicus, run_again, tmp_path, meanwhile):
    emulator.configure(operations={"min_seconds": 4.0, "max_seconds": 5.0})
    server = {"PREFECT_API_URL": PREFECT_API_URL.value()}
    kill_when(lambda: len(emulator.submitted()) >= 2, tmp_path, **server)
    sent = list(emulator.submitted())
    if meanwhile == "ended":
        wait_until(lambda: len(geocatalog().stac.existing_ids(COLLECTION, sent)) == len(sent), 20)

    report = run_again()
    assert report.present >= (len(sent) if meanwhile == "ended" else 0)
    assert all(product["complete"] == 1 for product in copernicus.counts()["products"].values())


def test_ctrl_c_gives_no_product_up_for_good(copernicus, run_again, tmp_path):
    copernicus.configure(download={"bytes_per_second": 300_000})
    process = begin(tmp_path, PREFECT_API_URL=PREFECT_API_URL.value())
    wait_until(lambda: sum(kept_bytes(tmp_path / "copernicus").values()) > 1e6, 60)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    failures = [entry.failure for entry in ledger().find_products() if entry.failure]
    assert {failure.kind for failure in failures} <= {FailureClass.TRANSIENT}
    copernicus.configure(download={"bytes_per_second": None})
    run_again()
