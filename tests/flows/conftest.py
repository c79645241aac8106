"""One Prefect server for all flow tests, without waiting: no heartbeat, no delays between retries; a container."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from tasks import (
    check,
    collection,
    configuration,
    copernicus_chain,
    copernicus_plan,
    plan,
    prove,
    register,
    remove,
    settle,
    source_collection,
    submit,
    thumbnail,
    verify,
)
from tasks.connect import disconnect
from tests.conftest import LocalGeoCatalog
from tests.emulator.copernicus import DataSpace

STAGE = "staging/copernicus"
HANDED_ON = {"DownloadPlan", "DownloadSelection", "Plan", "ProductPlan", "Selection", "Submitted"}
"""Records that one task run returns before the next one gets them: nobody changes them meanwhile."""


@pytest.fixture(autouse=True)
def without_waiting(prefect_server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tasks = [
        check.check_geocatalog,
        check.require_collection,
        collection.create_collection,
        configuration.configure_collection,
        copernicus_chain.download_part,
        copernicus_chain.stage_part,
        copernicus_chain.submit_part,
        copernicus_plan.plan_products,
        register.register_sources,
        plan.plan_ingest,
        prove.prove_batch,
        remove.delete_batch,
        remove.delete_collection,
        remove.delete_sources,
        remove.list_contents,
        settle.settle_batch,
        source_collection.fetch_source_collection,
        source_collection.fetch_mosaic_info,
        submit.submit_batch,
        thumbnail.copy_thumbnail,
        verify.verify_ingest,
    ]
    for task in tasks:
        monkeypatch.setattr(task, "retry_delay_seconds", [0.0])
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@pytest.fixture(autouse=True)
def nothing_is_walked_that_threads_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that threads change is an argument that Prefect looks for futures in.

    It goes through all dataclasses, and ends the run if a dictionary grows meanwhile: once in some hundred runs.
    """

    def fields(record: Any) -> tuple[dataclasses.Field[Any], ...]:
        kind: Any = type(record)
        assert kind.__dataclass_params__.frozen or kind.__name__ in HANDED_ON, f"Prefect walks through {kind.__name__}"
        return dataclasses.fields(kind)

    monkeypatch.setattr("prefect.utilities.collections.fields", fields)


@pytest.fixture
def staging(emulator: LocalGeoCatalog, copernicus: DataSpace, monkeypatch: pytest.MonkeyPatch) -> str:
    """A container of the user's, by a SAS; returns its URL."""
    params = {"container": STAGE, "permissions": "rwcl"}
    token = requests.get(f"{emulator.url}/_emulator/sas", params=params, timeout=60).json()["token"]
    url = f"{emulator.url}/planetary-computer/blob/{STAGE}"
    monkeypatch.setenv("GEOCATALOG_STAGING_URL", url)
    monkeypatch.setenv("GEOCATALOG_STAGING_SAS", token)
    disconnect()
    return url
