"""The census flow on a real server, through Prefect."""

import base64
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)

from flows.census import census
from flows.ingest_items import ingest_items
from models.census_request import CensusRequest
from models.errors import RunFailed
from models.outcomes import ItemState
from models.requests import TUTORIAL_BBOX
from tasks import census as counting
from tasks import census_losses
from tasks.connect import disconnect
from tasks.ledger import ledger
from tests.conftest import MANY
from tests.flows.test_ingest_items import many
from tests.many_items import MANY_BBOX, MANY_RANGE

FIVE = ["scene-00003", "scene-00007", "scene-00011", "scene-00150", "scene-00399"]
TWENTY = "2024-01-01T00:00:00Z/2024-01-01T00:19:30Z"


@pytest.fixture(autouse=True)
def without_delays(monkeypatch):
    for task in (counting.count_items, census_losses.record_losses):
        monkeypatch.setattr(task, "retry_delay_seconds", [0.0])


def request_of(collection_id, **changes):
    request = {"source_collection": MANY, "bbox": MANY_BBOX, "datetime_range": MANY_RANGE, "proof": "none"}
    return CensusRequest(**{"collection_id": collection_id, **request, **changes})


def delete(emulator, collection_id, item_ids):
    """Delete Items behind everybody's back, and count what is sent from now on."""
    for item_id in item_ids:
        emulator.control("DELETE", f"catalog/items/{collection_id}/{item_id}")
    emulator.forget_requests()


def task_runs(flow_run_id, expected):
    """Return the names of the task runs of a flow run and its subflows, when no more than those expected come."""
    pause, names = threading.Event(), []
    for _ in range(100):
        before = names
        with get_client(sync_client=True) as client:
            subflows = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run_id]))
            )
            ids = [flow_run_id, *(run.id for run in subflows)]
            mine = FlowRunFilter(id=FlowRunFilterId(any_=ids))
            names = [run.name for run in client.read_task_runs(flow_run_filter=mine, limit=200)]
        if len(names) >= expected and names == before:
            break
        pause.wait(0.3)  # the server records task runs after the flow has gone on
    return names


def artifact(key):
    """Return the newest artifact of a key, or None."""
    wanted = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_latest_artifacts(artifact_filter=wanted)
    return found[0] if found else None


def test_five_items_deleted_behind_its_back_are_found_and_restored(emulator, collection):
    ingest_items(many(collection, proof="none"))
    delete(emulator, collection, FIVE)
    state = census(request_of(collection), return_state=True)
    assert (state.is_completed(), state.name) == (True, "Gaps")
    assert "5 of 400 Items of the source have gaps in sentinel-2-test: 5 missing (scene-00003" in state.message
    found = state.result()
    assert (found.missing, found.extra, found.changed, found.unproven) == (FIVE, [], [], [])
    assert emulator.submitted() == {}
    assert {entry.state for entry in ledger().entries(collection, FIVE).values()} == {ItemState.PROVEN}

    state = census(request_of(collection, fill_gaps=True), return_state=True)
    assert state.name == "Completed"
    filled = state.result()
    assert emulator.submitted() == dict.fromkeys(FIVE, 1)
    assert (filled.source, filled.catalog, filled.proven, filled.gaps) == (400, 400, 400, [])
    assert filled.filled == FIVE
    steps = [event.state.value for event in ledger().history(collection, FIVE[0])]
    assert steps[-5:] == ["removed", "planned", "submitted", "ingested", "proven"]


def test_400_items_take_less_than_30_task_runs(emulator, collection):
    state = census(request_of(collection, fill_gaps=True), return_state=True)
    report = state.result()
    assert (report.proven, report.filled[:1], len(report.filled)) == (400, ["scene-00000"], 400)
    names = task_runs(state.state_details.flow_run_id, 21)
    assert 20 < len(names) < 30, names


@pytest.mark.long
def test_losing_the_ledger_loses_nothing(emulator, collection, tmp_path):
    request = request_of(collection, datetime_range=TWENTY, proof="all")
    ingest_items(many(collection, datetime_range=TWENTY))
    disconnect()
    (tmp_path / "ledger.sqlite").unlink()
    delete(emulator, collection, ["scene-00003"])
    found = census(request)
    assert (found.missing, len(found.unproven), found.proven) == (["scene-00003"], 19, 0)
    assert "19 unproven (scene-00000, scene-00001, scene-00002 and 16 more)" in found.sentence

    filled = census(request_of(collection, datetime_range=TWENTY, proof="all", fill_gaps=True))
    assert emulator.submitted() == {"scene-00003": 1}
    assert (filled.gaps, filled.proven, len(filled.filled)) == ([], 20, 20)
    emulator.forget_requests()
    assert ingest_items(many(collection, datetime_range=TWENTY)).done == 20
    assert emulator.submitted() == {}


@pytest.mark.long
def test_upstream_changes_are_listed_and_replaced_only_if_asked(emulator, collection):
    ingest_items(many(collection, datetime_range=TWENTY))
    emulator.control("POST", f"upstream/items/{MANY}/scene-00004/reprocess")
    emulator.control("DELETE", f"upstream/items/{MANY}/scene-00005")
    emulator.forget_requests()
    kept = census(request_of(collection, datetime_range=TWENTY, fill_gaps=True))
    assert (kept.changed, kept.extra, kept.missing, kept.filled) == (["scene-00004"], ["scene-00005"], [], [])
    assert "The catalog has 1 Items that the source has not: scene-00005." in kept.sentence
    assert emulator.submitted() == {}

    replaced = census(request_of(collection, datetime_range=TWENTY, fill_gaps=True, replace_changed=True))
    assert (replaced.gaps, replaced.filled, replaced.extra) == ([], ["scene-00004"], ["scene-00005"])
    assert emulator.count("PUT", "/items/") == 1


@pytest.mark.long
def test_an_unproven_item_is_listed_and_proven_again(emulator, collection):
    emulator.fault(path="/managed-storage/*/scene-00001/B02.tif", status=404, times=None)
    ingest_items(many(collection, datetime_range=TWENTY), return_state=True)
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    assert census(request_of(collection, datetime_range=TWENTY)).unproven == ["scene-00001"]
    report = census(request_of(collection, datetime_range=TWENTY, fill_gaps=True, proof="all"))
    assert (report.gaps, report.filled) == ([], ["scene-00001"])
    assert emulator.submitted() == {}


def test_what_cannot_be_filled_ends_as_failed_and_is_counted_after_all(emulator, collection):
    emulator.fault(item="scene-00003", code="EmptyAsset", times=None)
    with pytest.raises(
        RunFailed, match=r"1 of 20 Items .* 1 missing \(scene-00003\). This run filled 19 gaps. 1 of 20"
    ):
        census(request_of(collection, datetime_range=TWENTY, fill_gaps=True))
    assert artifact("sentinel-2-test-census-items").data.count("scene-00003") == 1


def test_a_day_without_imagery_is_no_gap(emulator, request_for, collection):
    ingest_items(request_for())
    report = census(CensusRequest(collection_id=collection, bbox=TUTORIAL_BBOX, datetime_range="2024-02-01/2024-02-29"))
    assert (report.source, report.gaps) == (6, [])
    assert len(report.days) == 6
    quiet = CensusRequest(collection_id=collection, bbox=TUTORIAL_BBOX, datetime_range="2022-02-01/2022-02-28")
    state = census(quiet, return_state=True)
    assert (state.name, state.result().days) == ("Completed", [])


@pytest.mark.long
def test_several_areas_and_what_is_published(emulator, collection):
    areas = {"collection_id": collection, "areas": ["iceland-svartsengi", "iceland-reykjanes"]}
    report = census(CensusRequest(**areas, datetime_range="2023-01-01/2024-02-29", fill_gaps=True))
    assert (report.areas, report.source, report.gaps) == (["iceland-svartsengi", "iceland-reykjanes"], 18, [])
    assert list(emulator.submitted().values()) == [1] * 18
    delete(emulator, collection, report.filled[:1])
    report = census(CensusRequest(**areas, datetime_range="2023-01-01/2024-02-29"))
    with Image.open(Path(report.picture_path)) as picture:
        assert picture.width > 1000
    for name in ("census", "census-days", "census-items"):
        assert artifact(f"sentinel-2-test-{name}") is not None
    kind, _, data = artifact("sentinel-2-test-census-picture").data.rstrip(")").partition(",")
    assert kind == "![Completeness by day](data:image/png;base64"
    assert len(data) < 60_000
    with Image.open(BytesIO(base64.b64decode(data))) as picture:
        assert picture.width > 1000
