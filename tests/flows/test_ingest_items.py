"""The ingest flow on a real server, through Prefect."""

import threading

import pytest
from prefect.client.orchestration import get_client

from flows.ingest_items import ingest_items
from models.errors import CredentialsError, InvalidRequest, NotFoundError
from models.failure import FailureClass
from models.outcomes import ItemState
from models.reports import ItemsFailed
from models.requests import IngestRequest
from tasks.connect import disconnect, geocatalog
from tasks.ledger import ledger
from tests.conftest import MANY, REAL
from tests.many_items import MANY_BBOX, MANY_RANGE, many_items
from tests.prefect_records import all_said_of, task_runs_of


def many(collection_id: str, **changes) -> IngestRequest:
    request = {
        "source_collection": MANY,
        "bbox": MANY_BBOX,
        "datetime_range": MANY_RANGE,
        "collection_id": collection_id,
    }
    return IngestRequest(**{**request, **changes})


def recorded_states(flow_run_id, expected: set[str]) -> set[str]:
    """Return `name: state` of a flow run's task runs, when the Prefect server has recorded what is expected."""
    pause, recorded = threading.Event(), set()
    for _ in range(200):
        runs = task_runs_of(flow_run_id)
        recorded = {f"{run.name if ' ' in run.name else run.name[:6]}: {run.state_name}" for run in runs}
        if expected <= recorded:
            break
        pause.wait(0.1)  # the server records task runs after the flow has gone on
    return recorded


def test_the_tutorials_six_items_are_proven(emulator, request_for, tmp_path):
    report = ingest_items(request_for(verify_asset="B09"))
    assert (report.matched, report.planned, report.ingested, report.proven, report.failed) == (6, 6, 6, 6, 0)
    assert all(outcome.assets_read == 21 for outcome in report.outcomes)
    assert report.verification.asset == "B09"
    assert report.stripped_assets == ["preview", "rendered_preview", "tilejson"]
    assert emulator.submitted() == {outcome.item_id: 1 for outcome in report.outcomes}


def test_a_second_run_writes_nothing_and_asks_little(emulator, request_for):
    ingest_items(request_for())
    emulator.forget_requests()
    report = ingest_items(request_for())
    assert (report.matched, report.done, report.planned, report.proven) == (6, 6, 0, 6)
    assert emulator.count("GET", "/managed-storage") == 0


def test_a_run_with_nothing_new_writes_nothing_the_next_day_either(emulator, request_for):
    """The SAS token of the ingestion source has run out, and nobody reads by it."""
    ingest_items(request_for())
    emulator.forget_requests()
    emulator.advance(24 * 60 * 60)
    assert ingest_items(request_for()).planned == 0
    assert [emulator.count(method, "/inma/") for method in ("GET", "PUT", "DELETE")] == [0, 0, 0]
    assert emulator.count("POST", "/inma/") == 1  # is refused: the question whether this identity may write


def test_without_a_ledger_what_is_there_is_proven_and_not_sent(emulator, request_for, tmp_path):
    ingest_items(request_for())
    emulator.forget_requests()
    disconnect()
    (tmp_path / "ledger.sqlite").unlink()
    report = ingest_items(request_for())
    assert (report.matched, report.present, report.planned, report.proven) == (6, 6, 0, 6)
    assert emulator.submitted() == {}
    assert emulator.count("POST", "/items") == 0


def test_three_of_twenty_fail_and_the_rerun_submits_exactly_three(emulator, collection):
    for number in (3, 7, 11):
        emulator.fault(
            item=f"scene-{number:05d}", code="IngestionResourceUriNotFound", message="no such blob", times=None
        )
    request = many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:19:30Z")
    with pytest.raises(ItemsFailed) as error:
        ingest_items(request)
    report = error.value.report
    assert (report.matched, report.proven, report.failed) == (20, 17, 3)
    assert {o.item_id for o in report.failures} == {"scene-00003", "scene-00007", "scene-00011"}
    for outcome in report.failures:
        assert outcome.failure.code == "IngestionResourceUriNotFound"
        assert outcome.failure.message == "no such blob"
        assert outcome.failure.kind is FailureClass.PERMANENT
    assert "3 of 20 Items failed" in str(error.value)

    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    again = ingest_items(request)
    assert emulator.submitted() == {"scene-00003": 1, "scene-00007": 1, "scene-00011": 1}
    assert (again.matched, again.done, again.ingested, again.proven, again.failed) == (20, 17, 3, 20, 0)


def test_a_failed_item_is_a_red_row_and_the_flow_run_is_failed(emulator, collection):
    emulator.fault(item="scene-00001", code="EmptyAsset", times=None)
    state = ingest_items(
        many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:02:30Z"), return_state=True
    )
    assert state.is_failed()
    assert "1 of 3 Items failed: scene-00001 (EmptyAsset)" in state.message
    expected = {
        "wait for scene-00001: Failed",
        "prove-: NotReady",  # a task run that never began keeps the name that Prefect gave it
        "prove scene-00000: Completed",
        "prove scene-00002: Completed",
    }
    assert expected <= recorded_states(state.state_details.flow_run_id, expected)


def test_no_matches_is_a_state_of_its_own(request_for):
    state = ingest_items(request_for(datetime_range="2019-01-01/2019-01-02"), return_state=True)
    assert state.is_completed()
    assert state.name == "NoMatches"
    report = ingest_items(request_for(datetime_range="2019-01-01/2019-01-02"))
    assert (report.matched, report.proven) == (0, 0)


def test_batches_of_400_items(emulator, collection):
    emulator.fault(item="scene-00123", code="EmptyAsset", times=None)
    emulator.fault(item="scene-00124", code="CogTransformationError", times=None)
    with pytest.raises(ItemsFailed) as error:
        ingest_items(many(collection))
    report = error.value.report
    assert (report.matched, report.proven, report.failed) == (400, 398, 2)
    assert {o.item_id: o.failure.code for o in report.failures} == {
        "scene-00123": "EmptyAsset",
        "scene-00124": "CogTransformationError",
    }
    assert report.proof == "sample"
    for item_id, code in (("scene-00123", "EmptyAsset"), ("scene-00124", "CogTransformationError")):
        letter = ledger().dead_letter(collection, item_id)
        assert (letter.item["id"], letter.failure.code, letter.method) == (item_id, code, "POST")
    assert emulator.count("POST", "/items") == 4 + 2  # four batches, and the two that were missing, singly
    assert sum(times for times in emulator.submitted().values()) == 402


def test_an_item_whose_asset_does_not_answer_is_unproven_also_in_the_next_run(emulator, collection):
    request = many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:02:30Z")
    emulator.fault(path="/managed-storage/*/scene-00001/B02.tif", status=404, times=None)
    for _ in range(2):
        with pytest.raises(ItemsFailed) as error:
            ingest_items(request)
        (outcome,) = error.value.report.failures
        assert (outcome.item_id, outcome.state) == ("scene-00001", ItemState.UNPROVEN)
        assert outcome.failure.code == "AssetUnreadable"
        assert "B02 cannot be read: it answers 404" in outcome.failure.message


def test_a_transient_failure_is_repeated_within_the_run(emulator, collection):
    emulator.fault(item="scene-00000", code="InternalIntermitentError", times=2)
    emulator.fault(route="POST /stac/collections/{collection_id}/items", status=503, retry_after="1", times=2)
    report = ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:00:30Z"))
    assert (report.proven, report.outcomes[0].attempts) == (1, 3)


def test_a_post_that_got_through_but_was_not_answered_is_no_failure(emulator, collection):
    route = "POST /stac/collections/{collection_id}/items"
    emulator.fault(route=route, status=503, when="after", times=1)
    report = ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:00:30Z"))
    assert (report.proven, report.failed) == (1, 0)


def test_a_search_that_breaks_off_once_loses_nothing(emulator, collection):
    """The task that plans is repeated: what its first attempt has seen must not count."""
    window = "2024-01-01T00:00:00Z/2024-01-01T00:09:30Z"
    emulator.fault(route="POST /stac/search", status=503, times=7)
    report = ingest_items(many(collection, datetime_range=window, max_items=10))
    assert (report.matched, report.proven) == (10, 10)


@pytest.mark.long
def test_a_batch_whose_token_has_expired_is_sent_again_with_a_new_one(emulator, collection, monkeypatch):
    from tasks import begin

    registered = begin.register_sources

    def registered_long_ago(lease):
        done = registered(lease)
        emulator.advance(46 * 60)  # seconds; the token lives 45 minutes
        return done

    monkeypatch.setattr(begin, "register_sources", registered_long_ago)
    report = ingest_items(many(collection))
    assert (report.matched, report.proven) == (400, 400)
    assert emulator.count("PUT", "ingestion-sources") == 1


def test_a_service_that_fails_in_the_middle_leaves_the_truth(emulator, collection):
    emulator.fault(route="GET /inma/operations", status=503, times=None)
    with pytest.raises(ItemsFailed) as error:
        ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:02:30Z"))
    for outcome in error.value.report.failures:
        assert (outcome.state, outcome.submitted, outcome.failure.code) == (
            ItemState.FAILED,
            True,
            "ServiceUnavailable",
        )
        assert outcome.operation_id
    emulator.control("DELETE", "faults")
    again = ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:02:30Z"))
    assert (again.proven, set(emulator.submitted().values())) == (3, {1})


def test_an_unknown_collection_is_said_before_anything_is_written(emulator, request_for):
    emulator.forget_requests()
    with pytest.raises(InvalidRequest, match="no Collection 'nowhere': create it first"):
        ingest_items(request_for(collection_id="nowhere"))
    assert emulator.submitted() == {}


def test_an_unknown_source_collection_is_no_silent_zero(request_for):
    with pytest.raises(NotFoundError, match="has no Collection 'sentinel-9'"):
        ingest_items(request_for(source_collection="sentinel-9"))


def test_a_reader_is_told_which_role_is_missing(emulator, request_for):
    request = request_for()
    emulator.configure(identity={"role": "GeoCatalog Reader"})
    geocatalog.cache_clear()
    with pytest.raises(CredentialsError, match="role GeoCatalog Administrator"):
        ingest_items(request)
    assert emulator.submitted() == {}


def test_a_sign_in_that_ends_in_the_middle_leaves_items_undone_not_failed(emulator, collection):
    emulator.fault(route="POST /stac/collections/{collection_id}/items", status=403, times=None)
    with pytest.raises(CredentialsError, match="403"):
        ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:09:30Z"))
    emulator.control("DELETE", "faults")
    assert ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:09:30Z")).proven == 10


def test_no_token_reaches_logs_parameters_or_artifacts(emulator, request_for, caplog):
    state = ingest_items(request_for(), return_state=True)
    with get_client(sync_client=True) as client:
        texts = all_said_of(client, state.state_details.flow_run_id)
    assert "Collection" in "".join(texts)
    texts += [record.getMessage() for record in caplog.records]
    everything = "\n".join(texts)
    for mark in ("sig=", "Bearer ey", "eyJ"):
        assert mark not in everything.replace("sig=***", ""), mark


@pytest.mark.long
def test_the_500_real_items_are_all_proven(real_data, emulator):
    collection_id = emulator.create_collection("real", REAL)
    report = ingest_items(
        IngestRequest(
            collection_id=collection_id,
            source_collection=REAL,
            bbox=[-180, -90, 180, 90],
            datetime_range="2024-07-01/2024-08-31",
            proof="all",
        )
    )
    assert (report.matched, report.ingested, report.proven, report.failed) == (500, 500, 500, 0)


def test_two_datastrips_of_one_tile_and_datatake_both_stay(emulator, collection):
    """They are complementary, not duplicates: among 1,000 real Items there are 13 such pairs."""
    first, second = many_items(2, MANY)
    shared = {**first["properties"], "s2:mgrs_tile": "27VVL", "s2:datatake_id": "GS2B_20240101T000000_N05.10"}
    strips = ["S20240101T000012", "S20240101T000025"]
    pair = [
        {**item, "id": f"pair-{strip}", "properties": {**shared, "s2:datastrip_id": strip}}
        for item, strip in zip((first, second), strips, strict=True)
    ]
    emulator.control("PUT", "upstream/items", {"type": "FeatureCollection", "features": pair})
    report = ingest_items(many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:00:30Z"))
    assert {outcome.item_id for outcome in report.outcomes} == {"scene-00000", *(item["id"] for item in pair)}
    assert report.proven == 3
