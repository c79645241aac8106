"""Ends the job of a flow run that was cancelled."""

from contextlib import suppress
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from models.batch_job import BatchJobRequest
from models.errors import NotFoundError
from tasks.batch_job import azure_batch, job_id_of


def end_cancelled_job(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """End the Batch job of a `run_batch_job`, with all its Batch tasks: a hook of the flow."""
    request = BatchJobRequest.model_validate(flow_run.parameters["request"])
    with suppress(NotFoundError):  # cancelled before it was made
        azure_batch().terminate_job(job_id_of(request, str(flow_run.id)))
