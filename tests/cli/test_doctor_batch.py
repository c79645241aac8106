"""`doctor --azure-batch` says what flow runs on Azure Batch lack, and how to mend it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import doctor_batch
from cli.doctor_batch import batch_checks
from emulator.azure_batch.server import BatchServer
from models.errors import GeoCatalogFlowsError
from settings import forget_settings
from tasks.batch_job import azure_batch
from tests.conftest import LocalGeoCatalog


@pytest.fixture
def batch(
    emulator: LocalGeoCatalog, prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BatchServer]:
    with BatchServer(tmp_path / "batch") as server:
        server.add_pool("pool", nodes=2)
        monkeypatch.setenv("GEOCATALOG_BATCH_URL", server.url)
        monkeypatch.setenv("GEOCATALOG_BATCH_POOL", "pool")
        monkeypatch.setenv("GEOCATALOG_BATCH_IDENTITY", "local-node-identity")
        _forget()
        yield server
        _forget()


def _forget() -> None:
    forget_settings()
    azure_batch.cache_clear()
    doctor_batch._the_pool.cache_clear()


def said(name: str) -> str:
    """What the check of this name says, well or not."""
    try:
        return dict(batch_checks())[name]()
    except GeoCatalogFlowsError as error:
        return f"to mend: {error}"


def test_what_is_there_is_said(batch: BatchServer) -> None:
    assert said("Batch account and pool") == "pool pool has 2 of 2 nodes, 1 slots each"
    assert said("Identity of the pool") == "the local stand-in's"
    assert said("Ledger as nodes reach it").startswith("it is ")


def test_what_is_missing_is_said_with_the_fix(batch: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_batch, "_is_local", lambda: False)  # as if the account were in Azure
    assert "has no user-assigned identity, and only ARM can give it one" in said("Identity of the pool")
    assert "nodes cannot reach this machine" in said("Prefect API as nodes reach it")
    assert "set GEOCATALOG_LEDGER_URL to a PostgreSQL database" in said("Ledger as nodes reach it")
    with batch.account.lock:
        batch.account.resize(batch.account.pool("pool"), 0)
    _forget()
    assert "does not scale by itself: resize it" in said("Batch account and pool")


def test_a_pool_that_is_not_there_and_missing_settings(batch: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOCATALOG_BATCH_POOL", "none")
    _forget()
    assert "404 PoolNotFound" in said("Batch account and pool")
    monkeypatch.delenv("GEOCATALOG_BATCH_URL")
    _forget()
    assert said("Batch settings").startswith("to mend: GEOCATALOG_BATCH_URL is not set")
