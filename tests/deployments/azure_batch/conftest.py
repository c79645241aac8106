"""One farm for the tests of the worker: each process of it takes seconds to start."""

from collections.abc import Iterator

import pytest

from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.server import BatchServer
from emulator.server import EmulatorServer
from tests.deployments.azure_batch.farm import Farm


@pytest.fixture(scope="session")
def running_farm(
    prefect_server: None, server: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Farm]:
    folder = tmp_path_factory.mktemp("farm")
    with BatchServer(folder / "batch", config=BatchConfig()) as batch:
        batch.add_pool("pool", nodes=4)
        farm = Farm(batch, server.url, folder)
        yield farm
        farm.stop_worker()


@pytest.fixture
def farm(running_farm: Farm) -> Farm:
    """The farm with its defaults, and a worker."""
    running_farm.server.account.config = BatchConfig()
    running_farm.server.account.busy_until = 0
    if running_farm.worker is None:
        running_farm.start_worker()
    return running_farm
