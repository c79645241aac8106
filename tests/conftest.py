"""One local GeoCatalog for all tests, reset before each; settings that point at it; no waiting."""

import gzip
import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from prefect.settings import PREFECT_API_URL, temporary_settings

from cli import prefect_api
from clients.http_session import PatientRetry
from emulator.config import EmulatorConfig
from emulator.content.generate import default_cache, ensure_content
from emulator.server import EmulatorServer
from models.requests import TUTORIAL_BBOX, IngestRequest
from tasks.connect import disconnect, geocatalog, planetary_computer
from tests.azurite import Azurite, why_not
from tests.blob_services import BlobService, EmulatorBlobs
from tests.emulator.copernicus import PASSWORD, USERNAME, DataSpace
from tests.many_items import many_items

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"  # its session row locks the database of a starting server
os.environ["DO_NOT_TRACK"] = "1"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So it is in the background of a script, and in all processes that a test starts: Prefect's worker, which makes
    # SIGINT of SIGTERM, would never stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).parents[2] / "shared" / "data"
FAST = {
    "operations": {"min_seconds": 0.0, "max_seconds": 0.05, "collection_min_seconds": 0, "collection_max_seconds": 0}
}
COLLECTION = "sentinel-2-test"
MANY = "sentinel-2-many"
REAL = "sentinel-2-real"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="FOLDER", help="save the README's pictures of Prefect's pages there")


class LocalGeoCatalog:
    """The emulator as a test turns and reads it: over HTTP, as anyone could."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=60)
        response.raise_for_status()
        return response.json() if response.content else None

    def fault(self, **fault: Any) -> None:
        self.control("POST", "faults", fault)

    def configure(self, **changes: Any) -> None:
        self.control("PUT", "config", changes)

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock/advance", {"seconds": seconds})

    def forget_requests(self) -> None:
        self.control("DELETE", "requests")

    def submitted(self) -> dict[str, int]:
        """How often each Item was sent, by id."""
        counts = self.control("GET", "requests")["submitted_items"]
        return {name.partition("/")[2]: times for name, times in counts.items()}

    def count(self, method: str, contains: str = "") -> int:
        """Requests of a method whose route contains a text."""
        counts = self.control("GET", "requests")["counts"]
        return sum(c["count"] for c in counts if c["method"] == method and contains in c["route"])

    def upstream_items(self, collection: str) -> list[str]:
        """Ids of the Items that the source has."""
        url = f"{self.url}/planetary-computer/api/stac/v1/collections/{collection}/items"
        answer = requests.get(url, params={"limit": 250}, timeout=60)
        answer.raise_for_status()
        return [item["id"] for item in answer.json()["features"]]

    def create_collection(self, collection_id: str = COLLECTION, source: str = "sentinel-2-l2a") -> str:
        """Create a Collection with the project's own client, and wait."""
        from stac.collection import to_geocatalog_collection
        from tasks.connect import operation_watch

        wanted = to_geocatalog_collection(planetary_computer().get_collection(source), collection_id, None)
        operation = geocatalog().stac.begin_create_collection(wanted)
        assert operation_watch(collection_id).wait(operation.id).has_succeeded
        return collection_id


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """The emulator with its default content, 400 generated Items, and the real ones where they are."""
    folder = tmp_path_factory.mktemp("emulator")
    files = [folder / "many.ndjson"]
    files[0].write_text("".join(json.dumps(item) + "\n" for item in many_items(400, MANY)))
    real = SHARED / "planetary-computer" / "sentinel-2-l2a.items.ndjson.gz"
    if real.exists():
        files.append(folder / "real.ndjson")
        with gzip.open(real, "rt") as lines:
            items = [{**json.loads(line), "collection": REAL} for line in lines]
        files[1].write_text("".join(json.dumps(item) + "\n" for item in items))
    config = EmulatorConfig.model_validate(FAST)
    content = ensure_content(default_cache())
    with EmulatorServer(folder / "state", config=config, content=content, item_files=files) as running:
        yield running


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Prefect server for all tests that need one: it takes eight seconds to start."""
    database = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('prefect') / 'prefect.db'}"
    with ExitStack() as stack:
        stack.enter_context(temporary_settings(restore_defaults={PREFECT_API_URL}))  # not a developer's own server
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", database)
            stack.enter_context(prefect_api.prefect_server())
        yield


@pytest.fixture
def emulator(server: EmulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalGeoCatalog]:
    """The emulator, empty, with this process's settings pointing at it."""
    local = LocalGeoCatalog(server.url)
    local.control("POST", "reset")
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    for name, value in {
        "GEOCATALOG_URL": server.url,
        "GEOCATALOG_CREDENTIAL": "managed-identity",
        "GEOCATALOG_SOURCE_URL": f"{server.url}/planetary-computer/api",
        "GEOCATALOG_BLOB_ROOT": f"{server.url}/planetary-computer/blob",
        "GEOCATALOG_POLL_INTERVAL": "0.02",
        "GEOCATALOG_OUTPUT_DIR": str(tmp_path / "output"),
        "GEOCATALOG_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.sqlite'}",
        "IDENTITY_ENDPOINT": f"{server.url}/identity/token",
        "IDENTITY_HEADER": "local",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(PatientRetry, "sleeper", staticmethod(lambda seconds: None))
    disconnect()
    yield local
    disconnect()


@pytest.fixture
def copernicus(emulator: LocalGeoCatalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DataSpace:
    """The local Copernicus Data Space as it is after a start, with this process's settings pointing at it."""
    data_space = DataSpace(emulator.url)
    for name, value in {
        "USERNAME": USERNAME,
        "PASSWORD": PASSWORD,
        "TOKEN_URL": data_space.token_url,
        "CATALOGUE_URL": data_space.catalogue,
        "DOWNLOAD_URL": data_space.downloads,
        "STAC_URL": data_space.stac_url,
        "STATE_DIR": str(tmp_path / "copernicus-state"),
        "FOLDER": str(tmp_path / "copernicus"),
    }.items():
        monkeypatch.setenv(f"GEOCATALOG_COPERNICUS_{name}", value)
    disconnect()
    return data_space


@pytest.fixture
def collection(emulator: LocalGeoCatalog) -> str:
    """An empty Collection in the GeoCatalog."""
    return emulator.create_collection()


@pytest.fixture
def request_for(collection: str) -> Any:
    """Make a request for the tutorial's area."""

    def make(**changes: Any) -> IngestRequest:
        return IngestRequest(**{"collection_id": collection, "bbox": TUTORIAL_BBOX, **changes})

    return make


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Microsoft's own emulator of Blob Storage; `make azurite` installs it where there is npm."""
    if reason := why_not():
        pytest.skip(reason)
    with Azurite() as running:
        yield running


@pytest.fixture(params=["emulator", pytest.param("azurite", marks=pytest.mark.long)])
def blob_service(request: pytest.FixtureRequest) -> BlobService:
    """The emulator's blob host, and in long tests Azurite: what holds for one must hold for the other."""
    if request.param == "azurite":
        return request.getfixturevalue("azurite")
    return EmulatorBlobs(request.getfixturevalue("emulator").url)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data, which lies beside the project."""
    if not SHARED.exists():
        pytest.skip("the real data is not beside the project")
    return SHARED
