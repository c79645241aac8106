"""The flow that downloads, from the local Copernicus Data Space."""

import hashlib
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from clients.copernicus.disk import NoSpace
from flows.download_copernicus import download_copernicus
from flows.rerun_failed import rerun_failed
from models.copernicus import ProductState
from models.copernicus_report import ProductsNotDownloaded
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import CredentialsError
from models.requests import RerunRequest
from tasks.connect import disconnect
from tasks.connection_slots import LIMIT
from tasks.ledger import copernicus_ledger

WEEK = (
    "Collection/Name eq 'SENTINEL-2' and ContentDate/Start ge 2024-02-04T00:00:00.000Z"
    " and ContentDate/Start lt 2024-02-09T00:00:00.000Z"
)
ICELAND = [-22.46, 63.83, -22.39, 63.89]


@pytest.fixture
def request_for(copernicus, tmp_path):
    def make(**changes):
        members = {"collection": "SENTINEL-2", "bbox": ICELAND, "datetime_range": "2024-02-04/2024-02-08"}
        return DownloadCopernicusRequest(**{**members, "folder": str(tmp_path / "files"), **changes})

    return make


def states():
    return {entry.name: entry.state for entry in copernicus_ledger().find_products()}


def test_products_are_downloaded_once(copernicus, request_for, tmp_path):
    report = download_copernicus(request_for())
    assert report.downloaded == report.matched > 2
    for outcome in report.outcomes:
        content = Path(outcome.downloaded.path).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == outcome.downloaded.product.md5
    assert set(states().values()) == {ProductState.DOWNLOADED}
    assert copernicus.counts()["password_grants"] == 1
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name(LIMIT)
    assert (limit.limit, limit.active_slots) == (4, 0)

    again = download_copernicus(request_for())
    assert (again.there, again.downloaded, again.received) == (report.matched, 0, 0)
    assert all(product["requests"] == 1 for product in copernicus.counts()["products"].values())


def test_one_that_fails_does_not_stop_the_others_and_is_fetched_by_the_next_run(copernicus, request_for):
    names = [each["Name"] for each in copernicus.search(WEEK)["value"]]
    copernicus.mishap("licence", names[0])
    copernicus.mishap("offline", names[1])
    with pytest.raises(ProductsNotDownloaded, match="DAT-ZIP-608") as error:
        download_copernicus(request_for())
    report = error.value.report
    assert (report.failed, report.offline) == (1, 1)
    assert report.downloaded == report.matched - 2
    assert states()[names[0]] is ProductState.UNAUTHORISED
    assert states()[names[1]] is ProductState.OFFLINE
    copernicus.control("DELETE", "copernicus/mishaps")
    run = copernicus_ledger().runs()[0]
    listed = rerun_failed(RerunRequest(run_id=run.run_id, dry_run=True))
    assert (listed.selected, listed.left_out) == ({"SENTINEL-2": [names[0]]}, 1)
    again = rerun_failed(RerunRequest(collection_id="SENTINEL-2", dead_letters=True))
    assert "2 products asked for again, 2 of them downloaded" in again.sentence
    assert again.downloads[0].folder == report.folder
    assert download_copernicus(request_for()).there == report.matched


def test_a_wrong_password_ends_the_run_at_once(copernicus, request_for, monkeypatch):
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_PASSWORD", "wrong")
    disconnect()
    with pytest.raises(CredentialsError, match="Invalid user credentials"):
        download_copernicus(request_for())
    assert copernicus.counts()["refused_grants"] == 1


def test_without_room_nothing_is_asked_for(copernicus, request_for, monkeypatch):
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", "1000")
    disconnect()
    with pytest.raises(NoSpace, match=r"MB are needed in .*, and 0\.0 MB can be had"):
        download_copernicus(request_for())
    assert copernicus.counts()["products"] == {}


@pytest.mark.long
def test_an_account_that_may_have_nothing_is_not_asked_for_everything(copernicus, request_for):
    copernicus.configure(account={"audience": "sh-other"})
    with pytest.raises(CredentialsError, match=r"got none of 3 products.*not with an OAuth client"):
        download_copernicus(request_for(datetime_range="2000-01-01/.."))
    became = list(states().values())
    assert became.count(ProductState.FOUND) > 0
    assert became.count(ProductState.UNAUTHORISED) == copernicus.counts()["refused"]["DAT-ZIP-609"] >= 3
    assert set(became) == {ProductState.FOUND, ProductState.UNAUTHORISED}


def test_a_search_without_a_match_is_no_success_in_disguise(copernicus, request_for):
    state = download_copernicus(request_for(datetime_range="2001-01-01/2001-01-02"), return_state=True)
    assert (state.name, state.is_completed()) == ("NoMatches", True)
