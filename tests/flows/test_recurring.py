"""Runs that follow each other, meet each other, or die: each Item is sent once, and none is lost."""

import functools
import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from contextvars import copy_context
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

import flows.backfill as backfills
from flows.backfill import backfill
from flows.ingest_items import ingest_items
from flows.rerun_failed import rerun_failed
from models.errors import RunFailed
from models.failure import FailureClass
from models.outcomes import ItemState
from models.reports import ItemsFailed
from models.requests import BackfillRequest, IngestRequest, RerunRequest
from tasks.ledger import ledger
from tasks.run_record import RunRecorder
from tests.conftest import MANY
from tests.flows.test_ingest_items import many

PROJECT = Path(__file__).parents[2]
TWENTY = "2024-01-01T00:00:00Z/2024-01-01T00:19:30Z"
THREE = {"scene-00003": 1, "scene-00007": 1, "scene-00011": 1}


@pytest.fixture
def three_failed(emulator, collection):
    """20 Items, of which 3 failed; the fault is gone."""
    for item_id in THREE:
        emulator.fault(item=item_id, code="IngestionResourceTimeout", times=None)
    with pytest.raises(ItemsFailed):
        ingest_items(many(collection, datetime_range=TWENTY))
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    return collection


def test_rerun_failed_submits_exactly_three(emulator, three_failed):
    listed = rerun_failed(RerunRequest(collection_id=three_failed, dry_run=True))
    assert set(listed.selected[three_failed]) == set(THREE)
    assert emulator.submitted() == {}
    report = rerun_failed(RerunRequest(collection_id=three_failed))
    assert emulator.submitted() == THREE
    assert (report.failed, report.reports[0].proven) == (0, 3)
    assert rerun_failed(RerunRequest(collection_id=three_failed)).selected == {}


@pytest.mark.long
def test_rerun_failed_by_run_and_by_code(emulator, three_failed):
    (run,) = ledger().runs(collection_id=three_failed)
    wrong_code = rerun_failed(RerunRequest(run_id=run.run_id, codes=["EmptyAsset"], dry_run=True))
    assert wrong_code.selected == {}
    assert set(rerun_failed(RerunRequest(run_id=run.run_id)).selected[three_failed]) == set(THREE)
    assert emulator.submitted() == THREE


@pytest.mark.long
def test_rerun_failed_of_all_collections_takes_transient_failures_only(emulator, three_failed):
    """What the hourly schedule asks for."""
    emulator.fault(item="scene-00004", code="IngestionResourceForbidden", times=None)
    other = emulator.create_collection("another")
    with pytest.raises(ItemsFailed):
        ingest_items(many(other, datetime_range=TWENTY))
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    request = RerunRequest(all_collections=True, classes=[FailureClass.TRANSIENT])
    (selected,) = rerun_failed(request).selected.items()
    assert (selected[0], set(selected[1])) == (three_failed, set(THREE))
    assert emulator.submitted() == THREE
    assert rerun_failed(RerunRequest(all_collections=True, dry_run=True)).selected == {other: ["scene-00004"]}


@pytest.mark.long
def test_dead_letters_are_sent_only_if_asked(emulator, collection):
    emulator.fault(item="scene-00003", code="EmptyAsset", times=None)
    with pytest.raises(ItemsFailed):
        ingest_items(many(collection, datetime_range=TWENTY))
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    report = rerun_failed(RerunRequest(collection_id=collection))
    assert (report.selected, report.left_out) == ({}, 1)
    assert ledger().dead_letter(collection, "scene-00003").item["id"] == "scene-00003"
    rerun_failed(RerunRequest(collection_id=collection, dead_letters=True))
    assert emulator.submitted() == {"scene-00003": 1}
    assert ledger().dead_letter(collection, "scene-00003") is None


def test_a_rerun_that_fails_again_says_so(emulator, three_failed):
    emulator.fault(item="scene-00007", code="EmptyAsset", times=None)
    with pytest.raises(RunFailed, match="3 failed Items taken up again, 2 of them proven"):
        rerun_failed(RerunRequest(collection_id=three_failed))


def test_two_runs_of_one_request_post_each_item_once(emulator, collection):
    emulator.configure(operations={"min_seconds": 0.3, "max_seconds": 0.6})
    reports = []

    def run_once() -> None:
        reports.append(ingest_items(many(collection, datetime_range=TWENTY)))

    runs = [threading.Thread(target=copy_context().run, args=(run_once,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [report.proven for report in reports] == [20, 20]
    assert set(emulator.submitted().values()) == {1}
    assert len(emulator.submitted()) == 20


def begun(collection, window, folder):
    """Begin an ingest by the command line, in a process of its own."""
    arguments = ["ingest", "--collection-id", collection, "--source-collection", MANY, "--bbox=9,49,12,52"]
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments, "--datetime-range", window],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PREFECT_API_URL": PREFECT_API_URL.value()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_submissions(emulator, count, process):
    pause = threading.Event()
    while len(emulator.submitted()) < count and process.poll() is None:
        pause.wait(0.01)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_end_waits_for_nothing_and_the_next_one_does(emulator, collection, number, tmp_path):
    emulator.configure(operations={"min_seconds": 1000.0, "max_seconds": 1000.0})
    process = begun(collection, TWENTY, tmp_path)
    wait_for_submissions(emulator, 20, process)
    process.send_signal(number)
    assert process.wait(60) != 0
    (run,) = ledger().runs(collection_id=collection)
    assert run.ended is not None

    emulator.advance(1000)
    report = ingest_items(many(collection, datetime_range=TWENTY))
    assert (report.proven, report.failed) == (20, 0)
    assert set(emulator.submitted().values()) == {1}


@pytest.mark.long
@pytest.mark.parametrize("items", [20, 400])
def test_after_kill_9_open_operations_are_waited_for(emulator, collection, items, tmp_path):
    emulator.configure(operations={"min_seconds": 3.0, "max_seconds": 4.0})
    window = TWENTY if items == 20 else "2024-01-01/2024-01-31"
    process = begun(collection, window, tmp_path)
    wait_for_submissions(emulator, items / 2, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = len(emulator.submitted())

    report = ingest_items(many(collection, datetime_range=window))
    assert before >= items / 2
    assert (report.matched, report.proven, report.failed) == (items, items, 0)
    assert {item_id: times for item_id, times in emulator.submitted().items() if times != 1} == {}


def test_an_item_published_late_is_found_by_the_next_run(emulator, collection):
    request = many(collection, datetime_range="2024-01-01/2024-01-31", max_cloud_cover=5)
    first = ingest_items(request)
    late = {**next(iter(many_upstream(emulator, 1))), "id": "late-one"}
    emulator.control("PUT", "upstream/items", {"type": "FeatureCollection", "features": [late]})
    second = ingest_items(request)
    assert (second.matched, second.ingested) == (first.matched + 1, 1)


def many_upstream(emulator, count):
    from tests.many_items import many_items

    return many_items(count, MANY)


def test_a_reprocessed_item_is_reported_and_replaced_when_asked(emulator, collection):
    request = many(collection, datetime_range=TWENTY)
    ingest_items(request)
    emulator.control("POST", f"upstream/items/{MANY}/scene-00004/reprocess")
    kept = ingest_items(request)
    assert (kept.changed, kept.failed) == (["scene-00004"], 0)
    assert "changed at the source since, such as scene-00004" in kept.sentence
    emulator.forget_requests()
    replaced = ingest_items(many(collection, datetime_range=TWENTY, replace_changed=True))
    assert (replaced.changed, replaced.planned, replaced.proven) == ([], 1, 20)
    assert emulator.count("PUT", "/items/") == 1
    assert ingest_items(request).changed == []


def test_an_item_that_differs_from_the_source_is_unproven_until_it_is_replaced(emulator, collection):
    """Somebody else ingested it, and the source has changed it since: the ledger knows nothing of it."""
    request = many(collection, datetime_range=TWENTY)
    ingest_items(request)
    ledger().forget_collection(collection)
    emulator.control("POST", f"upstream/items/{MANY}/scene-00004/reprocess")
    for _ in range(2):
        with pytest.raises(ItemsFailed, match=r"scene-00004 \(DiffersFromSource\).*run again with replace_changed"):
            ingest_items(request)
    replaced = ingest_items(many(collection, datetime_range=TWENTY, replace_changed=True))
    assert (replaced.planned, replaced.proven, replaced.failed) == (1, 20, 0)


def test_what_failed_and_is_gone_from_the_source_is_not_sent_for_ever(emulator, three_failed):
    emulator.control("DELETE", f"upstream/items/{MANY}/scene-00007")
    report = rerun_failed(RerunRequest(collection_id=three_failed))
    assert report.reports[0].gone == ["scene-00007"]
    assert rerun_failed(RerunRequest(collection_id=three_failed)).selected == {}


@pytest.mark.long
def test_an_item_removed_upstream_stays_and_is_no_failure(emulator, collection):
    request = many(collection, datetime_range=TWENTY)
    ingest_items(request)
    emulator.control("DELETE", f"upstream/items/{MANY}/scene-00004")
    report = ingest_items(request)
    assert (report.matched, report.proven, report.failed) == (19, 19, 0)


@pytest.mark.long
@pytest.mark.parametrize("defect", [{"search_cap": 50}, {"broken_next_after": 1}, {"repeat_page": True}])
def test_a_search_that_is_cut_off_leaves_no_hole(emulator, collection, defect):
    emulator.configure(upstream=defect)
    report = ingest_items(many(collection, proof="none"))
    assert (report.matched, report.proven) == (400, 400)


@pytest.mark.long
def test_a_collection_that_was_made_anew_is_not_taken_for_full(emulator, collection):
    from tasks.connect import geocatalog, operation_watch

    request = many(collection, datetime_range=TWENTY)
    ingest_items(request)
    operation_watch(collection).wait(geocatalog().stac.begin_delete_collection(collection).id)
    emulator.create_collection(collection)
    assert (ingest_items(request).ingested, ingest_items(request).done) == (20, 20)


def test_a_lookback_run_moves_its_watermark(emulator, collection):
    from tasks.window import signature_of

    request = IngestRequest(
        collection_id=collection, source_collection=MANY, bbox=[9, 49, 12, 52], lookback_days=3660, proof="none"
    )
    report = ingest_items(request)
    assert report.proven == 400
    assert ledger().watermark(signature_of(request)) is not None


@pytest.fixture
def alive_at_the_end(monkeypatch):
    """How many child runs' records are in memory when their parent ends."""
    counted, begun = [], weakref.WeakSet()
    begin, publish = RunRecorder.__init__, backfills.publish_backfill

    def note(self, *given, **named):
        begin(self, *given, **named)
        begun.add(self)

    def count(report):
        gc.collect()
        counted.append(len(begun))
        publish(report)

    monkeypatch.setattr(RunRecorder, "__init__", note)
    monkeypatch.setattr(backfills, "publish_backfill", count)
    return counted


@pytest.mark.long
def test_a_backfill_reruns_the_failed_child_only(emulator, request_for, alive_at_the_end):
    ingest = request_for(datetime_range="2023-01-01/2023-12-31", proof="none")
    emulator.fault(item="*_MSIL2A_202306*", code="IngestionResourceTimeout", times=None)
    with pytest.raises(RunFailed, match="1 of 12 child runs failed"):
        backfill(BackfillRequest(ingest=ingest))
    assert alive_at_the_end == [1], "of twelve ended child runs, more than the failed one's Items are still in memory"
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    report = backfill(BackfillRequest(ingest=ingest))
    assert [child.state for child in report.children].count("done before") == 11
    (again,) = emulator.submitted()
    assert "_202306" in again


@pytest.mark.long
def test_a_child_with_too_many_items_is_halved(emulator, collection, monkeypatch):
    from tasks import plan

    monkeypatch.setattr(plan, "make_plan", functools.partial(plan.make_plan, most=250))
    ingest = many(collection, datetime_range="2024-01-01/2024-01-01", proof="none")
    report = backfill(BackfillRequest(ingest=ingest, every="day"))
    assert len(report.children) > 2
    entries = ledger().find(collection_id=collection, states=[ItemState.PROVEN])
    assert len(entries) == 400
