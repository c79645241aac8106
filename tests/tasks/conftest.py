"""The local GeoCatalog with the eighteen scenes of the coast, and both providers of area statistics."""

import pytest

from emulator.search import parse_post
from emulator.server import EmulatorServer
from models.area_statistics import Provider
from tasks.connect import disconnect
from tasks.statistics_provider import open_provider
from tests.conftest import LocalGeoCatalog
from tests.tasks.measured_areas import COLLECTION


@pytest.fixture
def catalog(emulator: LocalGeoCatalog, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> LocalGeoCatalog:
    """The local GeoCatalog, whose Collection `coast` has all eighteen scenes."""
    monkeypatch.setenv("GEOCATALOG_OBSERVEARTH_URL", f"{emulator.url}/observearth/api")
    monkeypatch.setenv("GEOCATALOG_OBSERVEARTH_API_KEY", server.state.config.observearth.api_key)
    disconnect()
    scenes = server.state.upstream.search(parse_post({"collections": ["sentinel-2-l2a"], "limit": 100})).items
    collection = server.state.upstream.get_collection("sentinel-2-l2a") or {}
    server.state.catalog.put_collection({**collection, "id": COLLECTION})
    server.state.catalog.put_items([{**scene, "collection": COLLECTION} for scene in scenes])
    emulator.forget_requests()
    return emulator


@pytest.fixture
def geocatalog(catalog: LocalGeoCatalog) -> Provider:
    return open_provider("geocatalog", COLLECTION)


@pytest.fixture
def observearth(catalog: LocalGeoCatalog) -> Provider:
    return open_provider("observearth", COLLECTION)
