"""The project's client against the local Copernicus Data Space; waiting is noted, not done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.download import Downloader
from clients.copernicus.hosts import Hosts
from clients.copernicus.token_file import TokenFile
from clients.copernicus.tokens import CopernicusTokens
from clients.copernicus.transfer import Transfer
from clients.http_session import PatientRetry
from emulator.server import EmulatorServer
from models.copernicus import Product
from tests.emulator.copernicus import PASSWORD, USERNAME, DataSpace


@pytest.fixture
def data_space(server: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> DataSpace:
    """The local Data Space as it is after a start."""
    monkeypatch.setattr(PatientRetry, "sleeper", staticmethod(lambda seconds: None))
    return DataSpace(server.url)


@pytest.fixture
def slept() -> list[float]:
    """Seconds of all waits that the client asked for."""
    return []


@pytest.fixture
def open_tokens(data_space: DataSpace, tmp_path: Path, slept: list[float]) -> Callable[..., CopernicusTokens]:
    """Sign in as another process would: each has what the file has, and nothing else."""

    def opened(password: str = PASSWORD, **options: Any) -> CopernicusTokens:
        options = {"sleep": slept.append, **options}
        file = TokenFile(tmp_path / "state" / "token.json")
        return CopernicusTokens(data_space.token_url, USERNAME, SecretStr(password), file, **options)

    return opened


@pytest.fixture
def catalogue(data_space: DataSpace) -> ODataCatalogue:
    return ODataCatalogue(data_space.catalogue)


@pytest.fixture
def open_downloader(
    data_space: DataSpace,
    open_tokens: Callable[..., CopernicusTokens],
    catalogue: ODataCatalogue,
    slept: list[float],
) -> Callable[..., Downloader]:
    def opened(**options: Any) -> Downloader:
        hosts = Hosts(data_space.catalogue, options.pop("download_url", data_space.downloads))
        tokens = options.pop("tokens", None) or open_tokens()
        usual = {"deletion": catalogue.deletion, "sleep": slept.append, "chance": lambda: 0.5}
        made: dict[str, Any] = {**usual, **options}
        return Downloader(Transfer(hosts), tokens, lambda product_id: catalogue.product(product_id, "any"), **made)

    return opened


@pytest.fixture
def downloader(open_downloader: Callable[..., Downloader]) -> Downloader:
    return open_downloader()


@pytest.fixture
def find(data_space: DataSpace, catalogue: ODataCatalogue) -> Callable[[str], Product]:
    """Return the first product whose name holds a text, as the catalogue describes it now."""

    def found(name_part: str) -> Product:
        product = catalogue.product(data_space.product(name_part)["Id"], "SENTINEL-5P")
        assert product is not None
        return product

    return found
