"""The connections of an account, over processes that share nothing but a Prefect server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.settings import PREFECT_API_URL, temporary_settings

from clients.copernicus.errors import Interrupted
from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from models.copernicus import ProductState
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import TransientError
from tasks import connection_slots
from tasks.connect import disconnect
from tasks.connection_slots import LIMIT, PATIENCE, ConnectionSlots, ConnectionsTaken
from tasks.ledger import copernicus_ledger, ledger
from tests.flows.test_ingest_copernicus import request_for

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def limit(tmp_path, monkeypatch):
    """The connections of a machine, and Prefect's limit; both as they were afterwards."""
    monkeypatch.setattr(connection_slots, "LOOK", 0.1)
    slots = ConnectionSlots(tmp_path / "slots", 4)
    slots.create_limit()
    yield slots
    slots.create_limit()
    change(active=True, active_slots=0, limit=4)


def change(**members):
    with get_client(sync_client=True) as client:
        client.update_global_concurrency_limit(LIMIT, GlobalConcurrencyLimitUpdate(**members))


def active_slots():
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(LIMIT).active_slots


def test_a_connection_is_counted_while_it_is_held(limit):
    with limit.hold():
        assert active_slots() == 1
    assert active_slots() == 0


def test_a_limit_that_stays_full_ends_the_run_with_the_command_that_frees_it(limit, tmp_path):
    """As a Prefect server leaves it that is stopped in mid-transfer, and keeps its leases in memory."""
    change(active_slots=4)
    times = iter([0.0, 40.0, PATIENCE + 1])
    impatient = ConnectionSlots(tmp_path / "slots", 4, clock=lambda: next(times))
    with (
        pytest.raises(ConnectionsTaken, match="prefect gcl update copernicus-connections --active-slots 0"),
        impatient.hold(),
    ):
        pass


def test_a_slot_that_another_got_first_is_looked_for_again_at_once(limit, tmp_path, monkeypatch):
    """Prefect would ask again after half a minute, and twice as long if there are more that wait."""
    change(active_slots=4)
    monkeypatch.setattr(connection_slots, "_may_be_free", lambda: True)
    times = iter([0.0, 1.0, 2.0, 3.0, 4.0, PATIENCE + 1])
    slots = ConnectionSlots(tmp_path / "slots", 4, clock=lambda: next(times))
    with pytest.raises(ConnectionsTaken), slots.hold():
        pass


def test_all_other_products_are_left_as_they_were(copernicus, limit, monkeypatch, tmp_path):
    change(active_slots=4)
    monkeypatch.setattr(connection_slots, "PATIENCE", 0.0)
    request = {"bbox": [-22.46, 63.83, -22.39, 63.89], "datetime_range": "2024-02-04/2024-02-08"}
    with pytest.raises(ConnectionsTaken):
        download_copernicus(DownloadCopernicusRequest(**request))
    assert {entry.state for entry in copernicus_ledger().find_products()} == {ProductState.FOUND}
    assert copernicus.counts()["products"] == {}


def test_an_ingest_without_connections_leaves_its_products_as_they_were(copernicus, staging, limit, monkeypatch):
    """The first that asks in vain ends the run: nothing has failed, and nothing is tried again."""
    change(active_slots=4)
    monkeypatch.setattr(connection_slots, "PATIENCE", 0.0)
    with pytest.raises(ConnectionsTaken):
        ingest_copernicus(request_for())
    assert {entry.state for entry in ledger().find_products()} == {ProductState.FOUND}
    assert ledger().find() == []
    assert copernicus.counts()["products"] == {}


@pytest.mark.parametrize("members", [None, {"limit": 0}])
def test_a_limit_that_is_missing_or_0_lets_nothing_through(limit, members):
    if members is None:
        with get_client(sync_client=True) as client:
            client.delete_global_concurrency_limit_by_name(LIMIT)
    else:
        change(**members)
    with pytest.raises(Interrupted, match=f"{LIMIT}.*it is missing or 0"), limit.hold():
        pass


def test_a_prefect_server_that_cannot_be_reached_is_named(tmp_path):
    message = f"{LIMIT} cannot be had .*check that the Prefect server answers"
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), pytest.raises(TransientError, match=message):
        ConnectionSlots(tmp_path, 4).create_limit()


def begin(machine, ledger_url):
    """Begin a download by the command line, as on a machine of its own: no lock and no sign-in is shared."""
    machine.mkdir()
    mine = {"PREFECT_API_URL": PREFECT_API_URL.value(), "PYTHONPATH": str(PROJECT), "GEOCATALOG_LEDGER_URL": ledger_url}
    folders = {f"GEOCATALOG_COPERNICUS_{name}": str(machine / name.lower()) for name in ("STATE_DIR", "FOLDER")}
    command = [sys.executable, "-m", "cli.main", "download-copernicus", "--bbox=-22.46,63.83,-22.39,63.89"]
    with (machine / "run.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--datetime-range", "2024-02-01/2024-02-29"],
            cwd=machine,
            env={**os.environ, **mine, **folders},
            stdout=log,
            stderr=log,
        )


@pytest.mark.long
def test_two_runs_on_two_machines_share_the_connections(copernicus, tmp_path):
    copernicus.configure(download={"bytes_per_second": 1_500_000})
    machines = [tmp_path / "one", tmp_path / "two"]
    runs = [begin(machine, f"sqlite:///{machine / 'ledger.sqlite'}") for machine in machines]
    assert [run.wait(600) for run in runs] == [0, 0], [(each / "run.log").read_text() for each in machines]
    counts = copernicus.counts()
    assert counts["peak_connections"] == 4
    assert counts["refused"] == {}
    assert len(counts["products"]) > 4
    assert {product["complete"] for product in counts["products"].values()} == {2}
    disconnect()
