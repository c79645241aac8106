"""Products of the local Copernicus Data Space become proven Items of the local GeoCatalog."""

import json
import logging
import os
import threading

import pytest
from prefect.client.orchestration import get_client

from clients.blob import BlobContainer
from clients.copernicus.disk import NoSpace, bytes_below
from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from flows.rerun_failed import rerun_failed
from models.copernicus import ProductState
from models.copernicus_ingest import IngestCopernicusRequest
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import SettingsMissing, TransientError
from models.outcomes import ItemState
from models.reports import ItemsFailed
from models.requests import RerunRequest
from tasks.connect import disconnect, geocatalog
from tasks.copernicus_work import CopernicusWork
from tasks.ledger import ledger
from tasks.product_staging import UNPACKED
from tests.copernicus_products import downloaded, find_product
from tests.flows.test_secrets import published

ICELAND = [-22.46, 63.83, -22.39, 63.89]
COLLECTION = "iceland-copernicus"
DAY = "S2B_MSIL2A_20240205"
ITEM = "S2B_T27VVL_20240205T131151_L2A"


def request_for(**changes):
    members = {
        "collection_id": COLLECTION,
        "bbox": ICELAND,
        "datetime_range": "2024-02-04/2024-02-05",
        "source_kind": "SasToken",
        "convert_to_cog": False,
    }
    return IngestCopernicusRequest(**(members | changes))


def files(tmp_path):
    folder = tmp_path / "copernicus"
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def states():
    return {entry.name: entry.state for entry in ledger().find_products(collection_id=COLLECTION)}


@pytest.mark.long
def test_every_batch_has_ended_before_the_run_reports(staging, monkeypatch):
    reported, ended, before = threading.Event(), [], CopernicusWork.end

    def end(work, outcomes):
        ended.append(reported.wait(0.2))  # long enough for a run that does not wait for it
        before(work, outcomes)

    monkeypatch.setattr(CopernicusWork, "end", end)
    monkeypatch.setattr("flows.ingest_copernicus.publish_ingest", lambda _: reported.set())
    ingest_copernicus(request_for())
    assert ended
    assert not any(ended)
    assert set(states().values()) == {ProductState.PROVEN}


@pytest.mark.long
def test_an_end_that_cannot_be_recorded_ends_the_run_after_all_others(staging, monkeypatch):
    ended, before = [], CopernicusWork.end

    def end(work, outcomes):
        ended.append(outcomes)
        if len(ended) == 1:
            raise TransientError("The ledger cannot be reached just now: try again.")
        before(work, outcomes)

    monkeypatch.setattr(CopernicusWork, "end", end)
    with pytest.raises(TransientError, match="The ledger cannot be reached"):
        ingest_copernicus(request_for())
    assert len(ended) >= 2
    assert list(states().values()).count(ProductState.PROVEN) == len(ended) - 1
    report = ingest_copernicus(request_for())
    assert set(states().values()) == {ProductState.PROVEN}
    assert report.sent == 0


def test_sentinel_2_products_become_proven_items(emulator, staging, tmp_path):
    report = ingest_copernicus(request_for())
    assert report.matched == report.proven == report.ingested == len(report.outcomes) >= 2
    assert report.received > 0 and report.sent > 0
    assert ITEM in {outcome.item_id for outcome in report.outcomes}
    (held,) = geocatalog().stac.get_items(COLLECTION, [ITEM])
    assert held["properties"]["copernicus:product_name"].startswith(DAY)
    assert {"red", "visual", "scl", "product_metadata"} <= set(held["assets"])
    assert all(outcome.assets_read == len(held["assets"]) for outcome in report.outcomes)
    assert set(states().values()) == {ProductState.PROVEN}
    assert files(tmp_path) == []
    assert report.verification is not None and report.verification.width

    emulator.forget_requests()
    again = ingest_copernicus(request_for())
    assert (again.done, again.planned, again.received, again.sent) == (report.matched, 0, 0, 0)
    assert emulator.submitted() == {}


def test_a_sentinel_3_product_is_its_zip(staging):
    request = request_for(collection="SENTINEL-3", product_type="OL_1_EFR___", collection_id="iceland-olci")
    report = ingest_copernicus(request)
    assert report.matched == report.proven >= 1
    (held,) = geocatalog().stac.get_items("iceland-olci", [report.outcomes[0].item_id])
    assert list(held["assets"]) == ["product"]
    assert held["assets"]["product"]["type"] == "application/zip"
    assert held["properties"]["product:type"] == "OL_1_EFR___"


def test_what_failed_is_named_and_only_that_is_done_again(emulator, staging, tmp_path):
    emulator.fault(item=ITEM, code="InternalError", times=None)
    with pytest.raises(ItemsFailed, match=ITEM) as failed:
        ingest_copernicus(request_for())
    report = failed.value.report
    assert report.failed == 1 and report.proven == report.matched - 1
    assert [name.startswith(DAY) for name in files(tmp_path)] == [True, True]  # its file and its manifest
    assert sorted(set(states().values())) == [ProductState.FAILED, ProductState.PROVEN]

    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    again = ingest_copernicus(request_for())
    assert (again.planned, again.ingested, again.received, again.sent) == (1, 1, 0, 0)
    assert set(emulator.submitted()) == {ITEM}
    assert files(tmp_path) == []


@pytest.mark.long
def test_rerun_failed_takes_up_exactly_the_product_that_failed(emulator, staging, tmp_path):
    emulator.fault(item=ITEM, code="InternalError", times=None)
    with pytest.raises(ItemsFailed):
        ingest_copernicus(request_for())
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    report = rerun_failed(RerunRequest(all_collections=True, classes=["transient"]))
    assert report.selected == {COLLECTION: [ITEM]}
    (again,) = report.reports
    assert (again.matched, again.proven, again.received, again.sent) == (1, 1, 0, 0)
    assert set(emulator.submitted()) == {ITEM}
    assert rerun_failed(RerunRequest(collection_id=COLLECTION)).selected == {}


def test_a_product_that_cannot_be_had_stops_no_other(copernicus, staging):
    copernicus.mishap("wrong-checksum", DAY + "*")
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for())
    report = failed.value.report
    (lost,) = report.failures
    assert lost.item_id == ITEM and lost.state is ItemState.FAILED
    assert report.proven == report.matched - 1
    assert ProductState.CORRUPT in states().values()


def test_an_offline_product_is_named_and_is_no_failure(copernicus, staging):
    copernicus.mishap("offline", DAY + "*")
    report = ingest_copernicus(request_for())
    assert [name[: len(DAY)] for name in report.offline] == [DAY]
    assert report.failed == 0 and "1 products are offline" in report.sentence


@pytest.mark.long
def test_a_lost_ledger_costs_no_download(staging, tmp_path, monkeypatch):
    first = ingest_copernicus(request_for())
    monkeypatch.setenv("GEOCATALOG_LEDGER_URL", f"sqlite:///{tmp_path / 'another.sqlite'}")
    disconnect()
    again = ingest_copernicus(request_for())
    assert again.present == again.proven == first.matched
    assert again.received == again.sent == again.planned == 0


@pytest.mark.long
def test_the_disk_never_holds_more_than_the_setting_says(staging, monkeypatch, tmp_path):
    limit, held = 10_000_000, []  # one of the products needs 7.4 MB, unpacked
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", str(limit))
    disconnect()
    put = BlobContainer.put

    def measured(*arguments):
        held.append(bytes_below(tmp_path / "copernicus"))
        return put(*arguments)

    monkeypatch.setattr(BlobContainer, "put", measured)
    report = ingest_copernicus(request_for(datetime_range="2024-02-04/2024-02-11"))
    assert report.proven == report.matched >= 3
    assert 0 < max(held) <= limit
    assert files(tmp_path) == []


@pytest.mark.long
def test_files_that_a_killed_run_left_are_used_and_make_room(staging, monkeypatch, tmp_path, copernicus):
    for day in ("S2A_MSIL2A_20240204", DAY):
        downloaded(copernicus, find_product(copernicus, day, "SENTINEL-2"), tmp_path / "copernicus")
    (tmp_path / "copernicus" / f"killed{UNPACKED}").mkdir()
    (tmp_path / "copernicus" / f"killed{UNPACKED}" / "large.jp2").write_bytes(b"0" * 8_000_000)
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", "10000000")
    disconnect()
    copernicus.control("DELETE", "copernicus")
    report = ingest_copernicus(request_for(datetime_range="2024-02-04/2024-02-07"))
    assert report.proven == report.matched == 3
    assert [name[:19] for name in copernicus.counts()["products"]] == ["S2A_MSIL2A_20240207"]
    assert files(tmp_path) == []


@pytest.mark.long
def test_files_of_products_that_failed_make_room_for_others(emulator, copernicus, staging, monkeypatch, tmp_path):
    """One is a dead letter, one is in quarantine, and both are not asked for any more: they fill the disk."""
    emulator.fault(item=ITEM, code="EmptyAsset", times=None)
    copernicus.mishap("wrong-checksum", "S2A_MSIL2A_20240204*")
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for())
    assert failed.value.report.failed == 2
    left = bytes_below(tmp_path / "copernicus")
    assert left > 5_000_000
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", "8000000")  # the other product needs 7.4 MB
    disconnect()
    report = ingest_copernicus(request_for(datetime_range="2024-02-07/2024-02-07"))
    assert (report.matched, report.proven) == (1, 1)
    assert bytes_below(tmp_path / "copernicus") < left
    assert "Removed to make room" in "".join(report.notes)


@pytest.mark.long
def test_a_product_that_fails_makes_room_in_the_same_run(emulator, copernicus, staging, monkeypatch, tmp_path):
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", "8000000")
    disconnect()
    copernicus.mishap("wrong-checksum", "S2A_MSIL2A_20240204*")
    emulator.fault(item=ITEM, code="EmptyAsset", times=None)
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for(datetime_range="2024-02-04/2024-02-07"))
    report = failed.value.report
    assert sorted(outcome.failure.code for outcome in report.failures) == ["EmptyAsset", "UpstreamChecksumWrong"]
    assert report.proven == report.matched - 2 >= 1
    assert bytes_below(tmp_path / "copernicus") <= 8_000_000


@pytest.mark.long
def test_files_that_were_downloaded_for_themselves_stay(copernicus, staging, tmp_path):
    wanted = {"bbox": ICELAND, "datetime_range": "2024-02-04/2024-02-05"}
    fetched = download_copernicus(DownloadCopernicusRequest(**wanted))
    before = files(tmp_path)
    copernicus.control("DELETE", "copernicus")
    report = ingest_copernicus(request_for())
    assert report.proven == report.matched == fetched.downloaded
    assert copernicus.counts()["products"] == {}
    assert files(tmp_path) == before


def test_no_room_is_refused_before_anything_is_downloaded(copernicus, staging, monkeypatch):
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_DISK_BYTES", "1000")
    disconnect()
    with pytest.raises(NoSpace, match=r"are needed in .*GEOCATALOG_COPERNICUS_DISK_BYTES allows"):
        ingest_copernicus(request_for())
    assert copernicus.counts()["bytes_sent"] in ({}, 0)


def test_settings_that_are_missing_are_named(emulator, copernicus):
    with pytest.raises(SettingsMissing, match="GEOCATALOG_STAGING_URL"):
        ingest_copernicus(request_for())


def test_nothing_that_matches_ends_as_no_matches(staging):
    state = ingest_copernicus(request_for(datetime_range="1999-01-01/1999-01-02"), return_state=True)
    assert state.is_completed() and state.name == "NoMatches"


def test_neither_sas_nor_password_nor_token_is_to_be_read_anywhere(emulator, staging, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    emulator.fault(item=ITEM, code="InternalError", times=None)
    with pytest.raises(ItemsFailed) as failed:
        ingest_copernicus(request_for())
    with get_client(sync_client=True) as client:
        shown = published(client)
    (entry,) = ledger().find(collection_id=COLLECTION, codes=["InternalError"])
    texts = [shown, str(failed.value), caplog.text, repr(entry), repr(ledger().runs(collection_id=COLLECTION))]
    signature = os.environ["GEOCATALOG_STAGING_SAS"].partition("sig=")[2]
    token = next((tmp_path / "copernicus-state").rglob("sign-in.json")).read_text()
    access = json.loads(token)["access_token"]
    for secret in (signature, "local-password", access):
        assert secret and not [text for text in texts if secret in text]
