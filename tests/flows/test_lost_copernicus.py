"""Products of an ingest that break off, that others have in hand, and what the ledger says of them."""

import errno
from pathlib import Path

import pytest

from clients.copernicus.product_files import remove_files
from flows.ingest_copernicus import ingest_copernicus
from flows.rerun_failed import rerun_failed
from ledger.ledger import Ledger
from models.copernicus import ProductOutcome, ProductState
from models.copernicus_request import DownloadCopernicusRequest
from models.failure import FailureClass
from models.outcomes import ItemState
from models.reports import ItemsFailed
from models.requests import RerunRequest
from tasks import copernicus_plan
from tasks.copernicus_work import CopernicusWork
from tasks.ledger import copernicus_ledger, ledger
from tasks.product_run import ProductRun
from tasks.product_staging import ProductStaging
from tests.flows.conftest import STAGE
from tests.flows.test_ingest_copernicus import COLLECTION, DAY, ICELAND, ITEM, files, request_for

pytestmark = pytest.mark.long


def test_a_product_that_cannot_be_staged_is_taken_up_by_rerun_failed(emulator, staging):
    """The container fails on its files, whatever the patience."""
    emulator.fault(path=f"*/{STAGE}/*/{DAY}*", status=503, times=None)
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for())
    assert [(each.item_id, each.failure.code) for each in failed.value.report.failures] == [
        (ITEM, "ServiceUnavailable")
    ]
    (entry,) = ledger().find(collection_id=COLLECTION, states=[ItemState.FAILED])
    assert (entry.item_id, entry.kind) == (ITEM, FailureClass.TRANSIENT)
    (product,) = ledger().find_products(states=[ProductState.FAILED])
    assert ledger().oldest_open(COLLECTION, None, None) == product.sensed

    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    report = rerun_failed(RerunRequest(collection_id=COLLECTION))
    assert report.selected == {COLLECTION: [ITEM]}
    assert (report.reports[0].proven, emulator.submitted()) == (1, {ITEM: 1})


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), FileNotFoundError("gone"), KeyError("x")])
def test_a_product_of_a_group_that_breaks_off_stops_no_other(staging, monkeypatch, error):
    """What is a bug breaks off the group, and each of its products is known all the same."""
    monkeypatch.setattr(copernicus_plan, "CHAINS", 1)
    before = ProductStaging.stage

    def stage(self, downloaded):
        if downloaded.product.name.startswith(DAY):
            raise error
        return before(self, downloaded)

    monkeypatch.setattr(ProductStaging, "stage", stage)
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for())
    report = failed.value.report
    lost = {entry.item_id: entry.kind for entry in ledger().find(collection_id=COLLECTION, states=[ItemState.FAILED])}
    assert set(lost) == {outcome.item_id for outcome in report.failures}
    if not isinstance(error, KeyError):
        assert lost == {ITEM: FailureClass.TRANSIENT}
        assert report.proven == report.matched - 1 >= 1


def test_the_ledger_says_how_far_a_product_is(staging, monkeypatch):
    noted, before = [], Ledger.record_products

    def record(self, run_id, collection_id, changes):
        noted.extend(change.state for change in changes if change.product.name.startswith(DAY))
        before(self, run_id, collection_id, changes)

    monkeypatch.setattr(Ledger, "record_products", record)
    ingest_copernicus(request_for())
    assert [state.value for state in noted] == ["downloading", "downloaded", "staged", "submitted", "proven"]


def test_a_file_that_another_run_removed_is_fetched_again(copernicus, staging, monkeypatch, tmp_path):
    removed, before = [], CopernicusWork.keep

    def keep(self, item_id, file):
        before(self, item_id, file)
        if item_id == ITEM and not removed:
            removed.append(remove_files(file.product.name, tmp_path / "copernicus"))

    monkeypatch.setattr(CopernicusWork, "keep", keep)
    report = ingest_copernicus(request_for())
    assert removed and report.proven == report.matched
    assert {name[:19]: sent["complete"] for name, sent in copernicus.counts()["products"].items()}[DAY] == 2


def test_what_was_downloaded_for_itself_meanwhile_stays(staging, monkeypatch, tmp_path):
    """The folder was empty when the ingest planned, so that it could not know."""
    wanted, before = DownloadCopernicusRequest(bbox=ICELAND, lookback_days=1), CopernicusWork.keep

    def keep(self, item_id, file):
        if item_id == ITEM:
            names = {"product_id": file.product.product_id, "name": file.product.name}
            outcome = ProductOutcome(**names, state=ProductState.DOWNLOADED, downloaded=file)
            with ProductRun(copernicus_ledger(), wanted) as run:
                run.ended([(file.product, outcome)])
        before(self, item_id, file)

    monkeypatch.setattr(CopernicusWork, "keep", keep)
    ingest_copernicus(request_for())
    assert [name[: len(DAY)] for name in files(tmp_path)] == [DAY, DAY]


def test_nobody_removes_a_file_while_it_is_staged(staging, monkeypatch):
    """As a run of another GeoCatalog would, of which this one's ledger knows nothing."""
    freed, before = [], ProductStaging.stage

    def stage(self, downloaded):
        freed.append(remove_files(downloaded.product.name, Path(downloaded.path).parent))
        return before(self, downloaded)

    monkeypatch.setattr(ProductStaging, "stage", stage)
    report = ingest_copernicus(request_for())
    assert freed == [0] * report.matched
    assert report.proven == report.matched
