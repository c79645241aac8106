"""Products that failed are taken up again, and no others: by run, by deployment, by Collection."""

import pytest

from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from flows.rerun_failed import rerun_failed
from models.copernicus_report import ProductsNotDownloaded
from models.copernicus_request import DownloadCopernicusRequest
from models.failure import FailureClass
from models.reports import ItemsFailed
from models.requests import RerunRequest
from tasks.ledger import copernicus_ledger, ledger
from tests.flows.test_ingest_copernicus import COLLECTION, DAY, ICELAND, ITEM, request_for

pytestmark = pytest.mark.long

WEEK = "2024-02-04/2024-02-08"


@pytest.fixture(params=["run_id", "deployment", "collection_id"])
def selection(request, monkeypatch):
    """Return what selects what failed in the latest of a ledger's runs."""
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__NAME", "copernicus-daily")

    def of(known, **more):
        (run,) = known.runs()
        return RerunRequest(**{request.param: getattr(run, request.param)}, **more)

    return of


def ingest_with_two_failures(emulator, copernicus):
    """One Item that the catalog fails on, and a product that the account may not have; then the catalog is well."""
    emulator.fault(item=ITEM, code="InternalError", times=None)
    copernicus.mishap("licence", "S2A_MSIL2A_20240204*")
    with pytest.raises(ItemsFailed):
        ingest_copernicus(request_for(datetime_range=WEEK))
    emulator.control("DELETE", "faults")


def test_an_ingest_sends_the_failed_items_only(emulator, copernicus, staging, selection):
    ingest_with_two_failures(emulator, copernicus)
    copernicus.control("DELETE", "copernicus/mishaps")
    request = selection(ledger())
    emulator.forget_requests()
    copernicus.control("DELETE", "copernicus")

    report = rerun_failed(request)
    assert len(report.selected[COLLECTION]) == 2
    assert (report.failed, report.reports[0].proven, report.reports[0].matched) == (0, 2, 2)
    assert set(emulator.submitted().values()) == {1}
    assert len(emulator.submitted()) == 2
    assert [name[:19] for name in copernicus.counts()["products"]] == ["S2A_MSIL2A_20240204"]


def test_an_ingest_leaves_failures_of_other_classes_alone(emulator, copernicus, staging, selection):
    ingest_with_two_failures(emulator, copernicus)
    request = selection(ledger(), classes=[FailureClass.TRANSIENT])
    emulator.forget_requests()
    copernicus.control("DELETE", "copernicus")
    assert rerun_failed(request).selected == {COLLECTION: [ITEM]}
    assert emulator.submitted() == {ITEM: 1}
    assert copernicus.counts()["products"] == {}


def test_a_download_asks_for_the_failed_products_only(copernicus, selection, tmp_path):
    copernicus.mishap("licence", DAY + "*")
    folder = str(tmp_path / "files")
    with pytest.raises(ProductsNotDownloaded):
        download_copernicus(DownloadCopernicusRequest(bbox=ICELAND, datetime_range=WEEK, folder=folder))
    copernicus.control("DELETE", "copernicus/mishaps")
    copernicus.control("DELETE", "copernicus")

    report = rerun_failed(selection(copernicus_ledger()))
    assert report.failed == 0
    assert report.downloads[0].folder == folder
    ((name, counted),) = copernicus.counts()["products"].items()
    assert name.startswith(DAY)
    assert (counted["requests"], counted["complete"]) == (1, 1)
