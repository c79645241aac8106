"""Windows and watermarks of recurring runs, with an injected clock."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.ledger import Ledger
from ledger.records import Change
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from models.requests import IngestRequest
from tasks.run_record import RunRecorder
from tasks.spool import ItemSpool
from tasks.window import move_watermark, signature_of, window_of

NOW = datetime(2024, 3, 1, 6, tzinfo=UTC)


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite", "https://catalog")
    yield opened
    opened.close()


def request(**changes) -> IngestRequest:
    return IngestRequest(**{"collection_id": "c", "bbox": [0, 0, 1, 1], "lookback_days": 7, **changes})


def test_the_first_run_looks_back(ledger):
    assert window_of(request(), ledger, NOW) == (day(-7), NOW)


def test_a_schedule_missed_for_ten_days_leaves_no_hole(ledger):
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    assert window_of(request(), ledger, day(10)) == (day(-7), day(10))


def test_a_run_in_time_still_looks_back_for_late_publications(ledger):
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    assert window_of(request(), ledger, day(1)) == (day(-7), day(1))


def test_a_watermark_of_the_future_hides_nothing(ledger):
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    assert window_of(request(), ledger, day(-1)) == (day(-8), day(-1))


def test_an_open_item_holds_the_watermark_back(ledger):
    with ItemSpool() as spool, RunRecorder(ledger, request(), spool, (day(-7), NOW)) as run:
        open_item = Change("a", ItemState.SUBMITTED, operation_id="o", fingerprint="f", acquired=day(-3))
        ledger.record(run.run_id, "c", [open_item, Change("b", ItemState.PROVEN, acquired=day(-5))])
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    assert window_of(request(), ledger, day(10))[0] == day(-3 - 7)


def test_an_item_that_never_reached_the_ledger_holds_the_watermark_back(ledger):
    with ItemSpool() as spool, RunRecorder(ledger, request(), spool, (day(-17), NOW), lambda: NOW) as run:
        for item_id, acquired in {"a": day(-15), "b": day(-16), "c": day(-17)}.items():
            run.expect(item_id, "f", acquired)
        run.record([ItemOutcome(item_id="b", state=ItemState.PROVEN)])
        ledger.record(run.run_id, "c", [Change("c", ItemState.PROVEN, acquired=day(-17))])
        run.entries(["a", "b", "c"])
        run.move_watermark()
    assert ledger.watermark(signature_of(request())) == day(-15)


def test_an_unproven_item_that_the_source_has_no_more_holds_nothing_back(ledger):
    with ItemSpool() as spool, RunRecorder(ledger, request(), spool, (day(-7), NOW), lambda: NOW) as run:
        failure = Failure.of("AssetUnreadable", "503")
        ledger.record(run.run_id, "c", [Change("a", ItemState.UNPROVEN, failure=failure, acquired=day(-3))])
        run.record_gone(["a"])
        run.move_watermark()
    assert ledger.watermark(signature_of(request())) == NOW


def test_a_run_limited_to_some_items_moves_no_watermark(ledger):
    move_watermark(request(max_items=5), ledger, (day(-7), NOW), NOW)
    assert ledger.watermark(signature_of(request())) is None


def test_a_request_for_another_area_has_a_watermark_of_its_own(ledger):
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    assert window_of(request(bbox=[0, 0, 2, 2]), ledger, day(10)) == (day(3), day(10))


def test_the_window_is_no_part_of_the_signature():
    assert signature_of(request()) == signature_of(request(lookback_days=30, proof="none"))
    assert signature_of(request()) != signature_of(request(max_cloud_cover=10))


def test_a_fixed_range_is_taken_as_it_is(ledger):
    move_watermark(request(), ledger, (day(-7), NOW), NOW)
    fixed = request(lookback_days=None, datetime_range="2024-02-04/2024-02-05")
    start, end = window_of(fixed, ledger, NOW)
    assert (start.isoformat(), end.isoformat()) == ("2024-02-04T00:00:00+00:00", "2024-02-05T23:59:59.999999+00:00")
