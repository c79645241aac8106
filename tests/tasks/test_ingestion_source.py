"""Ingestion sources as leases."""

from datetime import UTC, datetime, timedelta

import pytest

from models.errors import InvalidRequest
from models.requests import IngestRequest
from stac.containers import Container
from tasks.connect import geocatalog, planetary_computer
from tasks.ingestion_source import SourceRegistry, connection_maker, only_identity


@pytest.fixture
def container(emulator):
    return Container(
        f"{emulator.url}/planetary-computer/blob/sentinel2l2a01/sentinel2-l2", "sentinel2l2a01", "sentinel2-l2"
    )


def registry(containers, now=None, **changes):
    request = IngestRequest(collection_id="c", bbox=[0, 0, 1, 1], **changes)
    connect = connection_maker(request, containers, planetary_computer(), geocatalog().ingestion)
    return SourceRegistry(geocatalog().ingestion, connect, now or (lambda: datetime.now(UTC)))


def test_a_source_is_created_once_and_then_kept(emulator, container):
    (first,) = registry({container}).ensure({container})
    (second,) = registry({container}).ensure({container})
    assert (first.action, second.action) == ("created", "kept")
    assert first.source_id == second.source_id
    assert emulator.count("POST", "/inma/ingestion-sources") == 1


@pytest.mark.parametrize(("minutes_left", "action"), [(16, "kept"), (14, "renewed"), (-10, "renewed")])
def test_a_source_is_renewed_in_place_a_quarter_of_an_hour_early(emulator, container, minutes_left, action):
    registry({container}).ensure({container})
    expiry = geocatalog().ingestion.get_source(geocatalog().ingestion.list_source_ids()[0]).expiration
    later = expiry - timedelta(minutes=minutes_left)
    (registration,) = registry({container}, lambda: later).ensure({container})
    assert registration.action == action
    assert emulator.count("DELETE") == 0


def test_each_of_several_containers_gets_a_token_of_its_own(emulator, container):
    other = Container(f"{emulator.url}/planetary-computer/blob/manyitems01/scenes", "manyitems01", "scenes")
    registrations = registry({container, other}).ensure({container, other})
    assert [registration.action for registration in registrations] == ["created", "created"]
    assert {registration.container_url for registration in registrations} == {container.url, other.url}


def test_another_run_that_was_faster_is_no_error(emulator, container):
    slower = registry({container})
    connect = slower._connect

    def overtaken(asked):
        registry({container}).ensure({container})
        slower._connect = connect
        return connect(asked)

    slower._connect = overtaken
    (registration,) = slower.ensure({container})
    assert registration.action == "kept"


def test_a_managed_identity_needs_no_token(emulator, container):
    (registration,) = registry({container}, source_kind="BlobManagedIdentity").ensure({container})
    source = geocatalog().ingestion.get_source(registration.source_id)
    assert (source.kind, source.expiration) == ("BlobManagedIdentity", None)
    assert emulator.count("GET", "/sas/v1/token") == 0


def test_a_catalog_without_a_managed_identity_is_said():
    class Ingestion:
        def list_managed_identities(self):
            return []

    with pytest.raises(InvalidRequest, match="has 0 managed identities"):
        only_identity(Ingestion())
