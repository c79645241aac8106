"""A submission that is repeated finds the first one; an attempt that ended is not taken for a new one."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.objects import FlowRun

from clients.azure_batch import AzureBatch
from deployments.azure_batch.configuration import AzureBatchConfiguration
from deployments.azure_batch.submission import submit
from emulator.azure_batch.server import BatchServer
from models.errors import ConflictError, InvalidRequest
from tests.clients.test_azure_batch import client_of

RUN = "3f1e2f5c-0000-0000-0000-000000000001"


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[AzureBatch]:
    with BatchServer(tmp_path) as server:
        server.add_pool("pool", nodes=0, slots=2)
        yield client_of(server.url)


def prepared(**values: Any) -> AzureBatchConfiguration:
    configuration = AzureBatchConfiguration(batch_account_url="https://batch", pool_id="pool", **values)
    run = FlowRun(id=UUID(RUN), flow_id=UUID(RUN), name="run")
    configuration.prepare_for_flow_run(run, work_pool=SimpleNamespace(name="wp", id=UUID(RUN)))
    return configuration


def test_a_repeated_submission_finds_the_first(batch: AzureBatch) -> None:
    first = submit(batch, prepared(), RUN, 0)
    assert (first.job_id, first.task_id, first.is_new) == ("wp-pool", f"{RUN}-0", True)
    again = submit(batch, prepared(), RUN, 0)
    assert (again.task_id, again.is_new) == (first.task_id, False)
    assert batch.count_tasks("wp-pool").active == 1


def test_a_retry_after_an_attempt_that_never_ran_gets_a_task_of_its_own(batch: AzureBatch) -> None:
    first = submit(batch, prepared(), RUN, 0)
    batch.terminate_task(first.job_id, first.task_id)
    second = submit(batch, prepared(), RUN, 0)
    assert (second.task_id, second.is_new) == (f"{RUN}-1", True)


def test_more_slots_than_a_node_has_are_refused(batch: AzureBatch) -> None:
    with pytest.raises(InvalidRequest, match="takes 3 slots, but pool pool has 0 of 0 nodes, 2 slots each"):
        submit(batch, prepared(required_slots=3), RUN, 0)


def test_a_job_that_has_ended_is_told(batch: AzureBatch) -> None:
    submit(batch, prepared(), RUN, 0)
    batch.terminate_task("wp-pool", f"{RUN}-0")
    batch.end_job("wp-pool")
    with pytest.raises(ConflictError, match="is completed and takes no tasks: choose another job id, or delete it"):
        submit(batch, prepared(), RUN, 1)
