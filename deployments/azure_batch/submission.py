"""Puts a flow run into Batch; doing it again does nothing."""

from dataclasses import dataclass

from azure.batch import models as bm
from prefect.client.schemas.objects import FlowRun

from clients.azure_batch import AzureBatch
from deployments.azure_batch.configuration import AzureBatchConfiguration, task_of
from models.errors import InvalidRequest, NotFoundError

MOST_ATTEMPTS = 100
"""Batch tasks of one flow run: it may be retried so often."""


@dataclass(frozen=True)
class Submitted:
    """Where a flow run is in Batch; `is_new` is false if it was there already."""

    job_id: str
    task_id: str
    is_new: bool


def attempt_of(run_id: str, task_id: str) -> int | None:
    """Return which attempt of a flow run a Batch task is, from 0; None if it is not of this flow run."""
    number = task_id.removeprefix(f"{run_id}-")
    return int(number) if number != task_id and number.isdecimal() else None


def attempt_in(run: FlowRun) -> int | None:
    """Return the attempt of which Prefect was told last; it may be one before the current."""
    return attempt_of(str(run.id), (run.infrastructure_pid or "").rpartition(":")[2])


def submit(batch: AzureBatch, configuration: AzureBatchConfiguration, run_id: str, run_count: int) -> Submitted:
    """Add the Batch task of a flow run to its job.

    The id says which run of the flow run it is, so that a submission that is repeated, because its answer or its worker
    was lost, finds the first one. A Batch task that has ended is of an earlier attempt.

    Args:
        batch: the account.
        configuration: prepared for the flow run.
        run_id: id of the flow run.
        run_count: how often it has run before.

    Raises:
        InvalidRequest: there is no such pool.
        GeoCatalogFlowsError: Batch refused the job or the Batch task; the message says why.
    """
    job_id = str(configuration.job_id)
    _require_pool(batch, configuration)
    batch.ensure_job(job_id, configuration.pool_id)
    for attempt in range(run_count, run_count + MOST_ATTEMPTS):
        task: bm.BatchTaskCreateOptions = task_of(configuration, f"{run_id}-{attempt}")
        if batch.add_task(job_id, task):
            return Submitted(job_id, task.id, is_new=True)
        if batch.get_task(job_id, task.id).is_open:
            return Submitted(job_id, task.id, is_new=False)
    raise InvalidRequest(f"The flow run has {MOST_ATTEMPTS} Batch tasks that ended: start a new one.")


def _require_pool(batch: AzureBatch, configuration: AzureBatchConfiguration) -> None:
    try:
        pool = batch.get_pool(configuration.pool_id)
    except NotFoundError:
        raise InvalidRequest(
            f"The Batch account {batch.url} has no pool {configuration.pool_id!r}: make it, or change 'Pool' in the"
            " work pool."
        ) from None
    if configuration.required_slots > pool.slots_per_node:
        raise InvalidRequest(
            f"The run takes {configuration.required_slots} slots, but {pool.sentence}: change 'Slots' in the work pool."
        )
