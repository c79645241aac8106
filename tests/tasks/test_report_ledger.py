"""The ledger as artifacts."""

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.sorting import ArtifactSort

from ledger.records import Change, RunRecord
from models.failure import Failure
from models.outcomes import ItemState
from tasks.ledger import ledger
from tasks.report_ledger import ledger_tables, publish_ledger


@pytest.fixture
def some_failure(emulator):
    ledger().begin_run(RunRecord("run-1", "ingest-items", "Sentinel_2"))
    failure = Failure.of("StacValidationFailed", "no geometry")
    ledger().record("run-1", "Sentinel_2", [Change("bad", ItemState.FAILED, failure=failure)])


def test_the_tables_of_one_collection(some_failure):
    tables = {name: rows for name, (_, rows) in ledger_tables(ledger(), "Sentinel_2").items()}
    assert tables["failures"] == [
        {"class": "permanent", "code": "StacValidationFailed", "Items": 1, "newest message": "no geometry"}
    ]
    assert tables["items"] == [{"state": "failed", "Items": 1}]
    assert [row["run"] for row in tables["runs"]] == ["run-1"]
    assert tables["open"] == []
    assert all(rows == [] for _, rows in ledger_tables(ledger(), "unknown").values())


@pytest.mark.usefixtures("prefect_server", "some_failure")
def test_each_table_is_an_artifact():
    @flow
    def publish():
        publish_ledger("Sentinel_2")

    publish()
    with get_client(sync_client=True) as client:
        found = {
            artifact.key: artifact.data for artifact in client.read_artifacts(limit=200, sort=ArtifactSort.CREATED_DESC)
        }
    assert "StacValidationFailed" in found["sentinel-2-ledger-failures"]
    assert "none" in found["sentinel-2-ledger-open"]
