"""Recurring runs over Copernicus products, by an injected clock: none is lost, and none is asked for twice."""

from datetime import UTC, datetime

import pytest

import flows.download_copernicus as downloads
import flows.ingest_copernicus as ingests
from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from models.copernicus_request import DownloadCopernicusRequest
from tasks.ledger import copernicus_ledger, ledger
from tasks.product_run import ProductRun
from tasks.run_record import RunRecorder
from tasks.window import window_of
from tests.flows.test_ingest_copernicus import DAY, ICELAND, request_for

pytestmark = pytest.mark.long

LOOKBACK = 3
LATE = DAY + "*"
"""Sensed on the 5th."""


class Clock:
    """Says what time it is."""

    now = datetime(2024, 2, 6, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_to(self, day: int) -> None:
        self.now = datetime(2024, 2, day, 3, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()

    def recorded_run(request, spool, flow):
        return RunRecorder(ledger(), request, spool, window_of(request, ledger(), clock()), now=clock, flow=flow)

    monkeypatch.setattr(ingests, "recorded_run", recorded_run)
    monkeypatch.setattr(
        downloads, "recorded_downloads", lambda request: ProductRun(copernicus_ledger(), request, clock)
    )
    return clock


@pytest.fixture(params=["ingest", "download"])
def run(request, clock, copernicus, staging):
    """Run a flow; return the days of the products that it found, and of those whose bytes were asked for."""

    def ingest():
        return ingest_copernicus(request_for(datetime_range=None, lookback_days=LOOKBACK)).matched

    def download():
        return download_copernicus(DownloadCopernicusRequest(bbox=ICELAND, lookback_days=LOOKBACK)).matched

    def go(day):
        clock.go_to(day)
        copernicus.control("DELETE", "copernicus")
        matched = {"ingest": ingest, "download": download}[request.param]()
        asked = copernicus.counts()["products"]
        assert all(product["requests"] == 1 for product in asked.values())
        return matched, sorted(name[11:19] for name in asked)

    return go


def test_a_product_that_is_published_late_is_found_by_the_next_run_and_no_other_is_asked_for(copernicus, run):
    copernicus.mishap("deleted", LATE)
    assert run(6) == (1, ["20240204"])
    copernicus.control("DELETE", "copernicus/mishaps")
    assert run(7) == (2, ["20240205"])
    assert run(7) == (2, [])


def test_a_schedule_that_was_missed_leaves_no_hole(copernicus, run):
    """A product, sensed on the 5th, comes late while no run does, and lies before the watermark then."""
    copernicus.mishap("deleted", LATE)
    run(7)
    copernicus.control("DELETE", "copernicus/mishaps")
    sensed = [product["Name"][11:19] for product in copernicus.search(between(4, 15))["value"]]
    _, asked = run(15)
    assert asked == sorted(day for day in sensed if day != "20240204")
    assert "20240205" in asked and len(asked) > 3


def between(first, last):
    area = "POLYGON((-22.46 63.83,-22.39 63.83,-22.39 63.89,-22.46 63.89,-22.46 63.83))"
    return (
        f"Collection/Name eq 'SENTINEL-2' and ContentDate/Start ge 2024-02-{first:02}T03:00:00.000Z"
        f" and ContentDate/Start lt 2024-02-{last:02}T03:00:00.000Z"
        f" and OData.CSC.Intersects(area=geography'SRID=4326;{area}')"
    )


def test_a_run_that_failed_is_made_up_for_however_late(copernicus, run):
    copernicus.mishap("licence", LATE)
    with pytest.raises(Exception, match="DAT-ZIP-608"):
        run(6)
    copernicus.control("DELETE", "copernicus/mishaps")
    _, asked = run(12)
    assert "20240205" in asked and "20240204" not in asked
