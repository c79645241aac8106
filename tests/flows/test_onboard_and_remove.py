"""Create, configure and remove Collections, through Prefect."""

import pytest

from flows.ingest_items import ingest_items
from flows.onboard_collection import onboard_collection
from flows.remove_collection import remove_collection
from flows.tutorial import tutorial
from models.errors import InvalidRequest, NotFoundError
from models.requests import Mosaic, OnboardRequest, RemoveRequest, TutorialRequest
from tasks.connect import geocatalog

LOW_CLOUD = Mosaic(name="Low cloud", cql=[{"op": "<=", "args": [{"property": "eo:cloud_cover"}, 10]}])


def test_a_collection_is_created_and_configured(emulator):
    report = onboard_collection(OnboardRequest(collection_id="mine", title="My imagery", mosaics=[LOW_CLOUD]))
    held = geocatalog().stac.get_collection("mine")
    assert report.action == "created"
    assert held["title"] == "My imagery"
    assert set(held["assets"]) == {"thumbnail"}
    assert not {"msft:storage_account", "msft:container"} & set(held)
    options = geocatalog().configuration.list_render_options("mine")
    assert [option["id"] for option in options] == report.render_options
    assert len(options) >= 3
    assert {"most-recent-available", "low-cloud"} <= {m["id"] for m in geocatalog().configuration.list_mosaics("mine")}
    assert geocatalog().configuration.get_tile_settings("mine")["minZoom"] == 8


def test_running_it_twice_changes_nothing(emulator):
    request = OnboardRequest(collection_id="mine", mosaics=[LOW_CLOUD])
    onboard_collection(request)
    emulator.forget_requests()
    again = onboard_collection(request)
    assert (again.action, again.changed) == ("kept", [])
    assert emulator.count("PUT") == 0
    assert emulator.count("POST") == emulator.count(
        "POST", "ingestion-sources"
    )  # the probe of the role, which is refused


def test_what_differs_is_updated_and_the_thumbnail_survives(emulator):
    onboard_collection(OnboardRequest(collection_id="mine"))
    report = onboard_collection(OnboardRequest(collection_id="mine", title="New title", min_zoom=10))
    held = geocatalog().stac.get_collection("mine")
    assert (report.action, report.changed) == ("updated", ["tile-settings"])
    assert (held["title"], set(held["assets"])) == ("New title", {"thumbnail"})


def test_without_an_id_each_run_makes_a_collection_of_its_own(emulator):
    first, second = (onboard_collection(OnboardRequest()).collection_id for _ in range(2))
    assert first != second
    assert first.startswith("sentinel-2-l2a-")


def test_an_unknown_source_collection_creates_nothing(emulator):
    with pytest.raises(NotFoundError, match="has no Collection 'sentinel-9': check source_collection"):
        onboard_collection(OnboardRequest(source_collection="sentinel-9", collection_id="mine"))
    assert geocatalog().stac.get_collection("mine") is None


def test_a_dry_run_lists_and_deletes_nothing(emulator, request_for):
    ingest_items(request_for())
    report = remove_collection(RemoveRequest(collection_id="sentinel-2-test"))
    assert (report.dry_run, len(report.items), emulator.count("DELETE")) == (True, 6, 0)


def test_removal_deletes_items_collection_and_the_named_source(emulator, request_for):
    ingested = ingest_items(request_for())
    request = RemoveRequest(collection_id="sentinel-2-test", dry_run=False, source_ids=ingested.sources_created)
    report = remove_collection(request)
    assert (len(report.items), len(report.sources), report.kept_sources) == (6, 1, [])
    assert geocatalog().stac.get_collection("sentinel-2-test") is None
    assert geocatalog().ingestion.list_source_ids() == []
    again = remove_collection(request)
    assert (again.existed, again.items) == (False, [])


def test_a_source_that_open_operations_may_use_is_kept(emulator, request_for):
    ingested = ingest_items(request_for())
    emulator.create_collection("other")
    emulator.configure(operations={"min_seconds": 1000, "max_seconds": 1000})
    item = {
        **next(geocatalog().stac.get_items("sentinel-2-test", [ingested.outcomes[0].item_id])),
        "collection": "other",
    }
    geocatalog().stac.begin_create_items("other", [item])
    emulator.configure(operations={"min_seconds": 0, "max_seconds": 0})
    report = remove_collection(
        RemoveRequest(collection_id="sentinel-2-test", dry_run=False, source_ids=ingested.sources_created)
    )
    assert report.kept_sources == ingested.sources_created
    assert geocatalog().ingestion.list_source_ids() == ingested.sources_created


def test_the_tutorial_leaves_nothing_behind(emulator):
    report = tutorial(TutorialRequest(remove=True))
    assert (report.ingest.proven, report.ingest.failed) == (6, 0)
    assert report.ingest.verification.preview_path.endswith("-preview.png")
    assert (len(report.remove.items), report.remove.kept_sources) == (6, [])
    assert geocatalog().stac.get_collection(report.onboard.collection_id) is None


@pytest.mark.long
def test_the_tutorial_removes_no_collection_that_was_there_before(emulator, request_for):
    ingest_items(request_for())
    with pytest.raises(InvalidRequest, match="was there before"):
        tutorial(TutorialRequest(collection_id="sentinel-2-test", remove=True))
    assert len(geocatalog().stac.all_ids("sentinel-2-test")) == 6


def test_the_title_that_a_collection_has_is_kept(emulator):
    onboard_collection(OnboardRequest(collection_id="mine", title="My imagery"))
    assert onboard_collection(OnboardRequest(collection_id="mine")).action == "kept"
    assert geocatalog().stac.get_collection("mine")["title"] == "My imagery"


@pytest.mark.long
def test_both_api_versions_work(emulator, monkeypatch):
    from tasks.connect import disconnect

    monkeypatch.setenv("GEOCATALOG_API_VERSION", "2025-04-30-preview")
    disconnect()
    report = tutorial(TutorialRequest(remove=True))
    assert (report.ingest.proven, report.ingest.verification.preview_note) == (6, "")
