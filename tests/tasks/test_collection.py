"""Creating Collections patiently."""

import pytest

from models.errors import ConflictError, OperationFailed
from stac.collection import to_geocatalog_collection
from tasks.collection import CollectionCreation, ensure_collection
from tasks.connect import geocatalog, operation_watch, planetary_computer
from tests.tasks.test_operation_watch import Time


@pytest.fixture
def creation(emulator):
    wanted = to_geocatalog_collection(planetary_computer().get_collection("sentinel-2-l2a"), "mine", None)
    time = Time(emulator)
    return CollectionCreation(
        wanted, geocatalog(), operation_watch("mine"), timeout=90, clock=time.clock, sleep=time.sleep
    ), time


def delete(collection_id):
    operation = geocatalog().stac.begin_delete_collection(collection_id)
    assert operation_watch(collection_id).wait(operation.id).has_succeeded


def test_an_id_that_was_deleted_a_moment_ago_is_waited_for(emulator, creation):
    create, time = creation
    create()
    emulator.configure(recreate_after_delete_seconds=45)
    delete("mine")
    create()
    assert geocatalog().stac.get_collection("mine") is not None
    assert 40 <= time.now <= 50


def test_waiting_ends_with_a_sentence(emulator, creation):
    create, _ = creation
    create()
    emulator.configure(recreate_after_delete_seconds=3600)
    delete("mine")
    with pytest.raises(ConflictError, match="still in use after 90 seconds"):
        create()


def test_a_collection_that_another_run_created_meanwhile_is_taken(emulator, creation):
    create, time = creation
    create()
    emulator.forget_requests()
    create()  # POST answers 409, and the Collection can be read
    assert (time.now, emulator.count("POST", "/stac/collections")) == (0.0, 1)


def test_an_existing_collection_is_kept(emulator, creation):
    create, _ = creation
    create()
    held = geocatalog().stac.get_collection("mine")
    assert ensure_collection(held, geocatalog(), create) == "kept"
    assert ensure_collection({**held, "title": "Other"}, geocatalog(), create) == "updated"


def test_a_failed_creation_says_why(emulator, creation, monkeypatch):
    create, _ = creation
    watch = operation_watch("mine")
    monkeypatch.setattr(
        watch, "wait", lambda id_: watch._ingestion.get_operation(id_).model_copy(update={"status": "Failed"})
    )
    with pytest.raises(OperationFailed, match="mine could not be created"):
        create()
