"""Fixtures of the emulator's tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from emulator.content.generate import default_cache, ensure_content
from emulator.server import EmulatorServer
from tests.emulator.catalog import SCENES, Catalog, upstream_scene
from tests.emulator.copernicus import DataSpace


def pytest_configure(config: pytest.Config) -> None:
    """Silence what rasterio 1.4 does to affine 3; its next release no longer does."""
    config.addinivalue_line("filterwarnings", "ignore:Use `@` matmul:PendingDeprecationWarning")


@pytest.fixture(scope="session")
def content() -> Path:
    """The generated content, from the cache; the first run on a machine takes some seconds."""
    return ensure_content(default_cache())


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """One emulator with a few small upstream Items, without the generated scenes."""
    folder = tmp_path_factory.mktemp("emulator")
    scenes = folder / "scenes.ndjson"
    scenes.write_text("\n".join(json.dumps(upstream_scene(number)) for number in range(SCENES)))
    with EmulatorServer(folder / "data", item_files=[scenes]) as server:
        yield server


@pytest.fixture
def catalog(emulator: EmulatorServer) -> Catalog:
    """Return a client of an empty GeoCatalog."""
    assert requests.post(f"{emulator.url}/_emulator/reset", timeout=60).ok
    return Catalog(emulator.url)


@pytest.fixture
def scenes(catalog: Catalog) -> Catalog:
    """Return a client of a GeoCatalog that has the Collection `c` and access to the scenes."""
    catalog.add_collection()
    catalog.add_source()
    return catalog


@pytest.fixture(scope="session")
def scenes_emulator(tmp_path_factory: pytest.TempPathFactory, content: Path) -> Iterator[EmulatorServer]:
    """One emulator with the generated scenes."""
    with EmulatorServer(tmp_path_factory.mktemp("scenes") / "data", content=content) as server:
        yield server


@pytest.fixture
def data_space(scenes_emulator: EmulatorServer) -> DataSpace:
    """Return a client of the Copernicus Data Space as it is after a start."""
    return DataSpace(scenes_emulator.url)
