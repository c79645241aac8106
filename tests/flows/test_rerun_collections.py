"""`rerun_failed` of all Collections, as the hourly schedule asks: one that is gone does not keep the others waiting."""

import pytest

import flows.rerun_failed as reruns
from flows.ingest_items import ingest_items
from flows.rerun_failed import rerun_failed
from models.errors import ChildRunsFailed, CredentialsError
from models.reports import ItemsFailed
from models.requests import RerunRequest
from tasks.connect import geocatalog, operation_watch
from tasks.remove import delete_all, delete_whole_collection
from tests.flows.test_census import artifact
from tests.flows.test_ingest_items import many

pytestmark = pytest.mark.long

ITEMS = ["scene-00003", "scene-00007"]
ALL = RerunRequest(all_collections=True)


@pytest.fixture
def two(emulator):
    """Two Collections, in each of which an Item failed; the fault is gone. The first one is taken up first."""
    collections = [emulator.create_collection(name) for name in ("second", "first")]
    emulator.fault(item=ITEMS[0], code="IngestionResourceTimeout", times=None)
    for collection in collections:
        with pytest.raises(ItemsFailed):
            ingest_items(many(collection, item_ids=ITEMS))
    emulator.control("DELETE", "faults")
    emulator.forget_requests()
    return collections[::-1]


def test_a_collection_that_is_gone_does_not_stop_the_others(emulator, two):
    gone, other = two
    delete_all(geocatalog(), operation_watch(gone), gone, ITEMS[1:])
    delete_whole_collection(geocatalog(), operation_watch(gone), gone)  # as in the portal: the ledger is not told
    with pytest.raises(ChildRunsFailed, match="2 failed Items taken up again, 1 of them proven") as failed:
        rerun_failed(ALL)
    assert f"1 run did not come to the end: {gone}: The GeoCatalog has no Collection '{gone}'" in str(failed.value)
    assert emulator.submitted() == {ITEMS[0]: 1}
    assert artifact("rerun-failed").description == str(failed.value)
    assert list(rerun_failed(RerunRequest(all_collections=True, dry_run=True)).selected) == [gone], other


def test_nothing_more_is_begun_without_a_sign_in(two, monkeypatch):
    begun = []

    def refuse(request):
        begun.append(request.collection_id)
        raise CredentialsError("Sign in again.")

    monkeypatch.setattr(reruns, "ingest_items", refuse)
    with pytest.raises(CredentialsError, match="Sign in again"):
        rerun_failed(ALL)
    assert begun == two[:1]
    assert f"1 run did not come to the end: {two[0]}: Sign in again." in artifact("rerun-failed").description
