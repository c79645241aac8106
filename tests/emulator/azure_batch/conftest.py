"""A stand-in with one pool, and Microsoft's own client for it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.batch import BatchClient
from azure.batch import models as bm
from azure.core.credentials import AzureNamedKeyCredential

from emulator.azure_batch.config import WELL_KNOWN_KEY
from emulator.azure_batch.server import BatchServer

POOL, JOB = "pool", "job"


class Batch:
    """The stand-in as a test turns it, and the SDK's client of it."""

    def __init__(self, server: BatchServer) -> None:
        self.server = server
        self.url = server.url
        credential = AzureNamedKeyCredential("localbatch", WELL_KNOWN_KEY)
        self.client = BatchClient(server.url, credential, retry_total=0)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def add(self, command: str, task_id: str = "t", **options: Any) -> str:
        self.client.create_task(JOB, bm.BatchTaskCreateOptions(id=task_id, command_line=command, **options))
        return task_id

    def wait(self, task_id: str = "t", state: str = "completed") -> bm.BatchTask:
        return eventually(lambda: self.client.get_task(JOB, task_id), lambda task: task.state == state)

    def run(self, command: str, task_id: str = "t", **options: Any) -> bm.BatchTask:
        return self.wait(self.add(command, task_id, **options))

    def text(self, name: str = "stdout.txt", task_id: str = "t", **options: Any) -> str:
        return b"".join(self.client.download_task_file(JOB, task_id, name, **options)).decode()


def eventually(look: Callable[[], Any], test: Callable[[Any], bool], seconds: float = 120) -> Any:
    """Look until it is so: the stand-in's processes take the time that they take."""
    deadline = time.monotonic() + seconds
    while not test(seen := look()):
        assert time.monotonic() < deadline, f"still {seen}"
        time.sleep(0.02)
    return seen


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    with BatchServer(tmp_path / "batch") as server:
        server.add_pool(POOL, nodes=2, slots=1)
        batch = Batch(server)
        batch.client.create_job(bm.BatchJobCreateOptions(id=JOB, pool_info=bm.BatchPoolInfo(pool_id=POOL)))
        yield batch
