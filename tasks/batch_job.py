"""A job of Azure Batch that runs one script many times: submit, wait, fetch what it wrote."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from azure.batch import models as bm
from prefect import task
from prefect.runtime import flow_run

from clients.azure_batch import AzureBatch, BatchTaskView, open_azure_batch
from clients.azure_batch.access import SCOPE
from clients.azure_batch.ids import batch_id
from clients.tokens import TokenProvider, open_credential
from models.batch_job import BatchJobReport, BatchJobRequest, ScriptRun
from models.errors import InvalidRequest, NotFoundError
from models.redact import redact
from settings import get_batch_settings, get_settings, get_sign_in
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED

COMMANDS = {
    "python": """/bin/bash -c 'exec python3 -c "$GEOCATALOG_SCRIPT" "$GEOCATALOG_ARGUMENT"'""",
    "bash": """/bin/bash -c 'exec bash -euo pipefail -c "$GEOCATALOG_SCRIPT" script "$GEOCATALOG_ARGUMENT"'""",
}
"""The script is in the job's environment, the argument in the task's: nothing needs to be quoted."""
KEPT = timedelta(days=7)
"""A job whose tasks failed waits so long for a retry; then Batch ends it, and it counts against no quota."""
OUTPUT = 20_000
"""Bytes of an output that are fetched; artifacts are no place for more."""
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class SubmittedJob:
    """A job with all its Batch tasks."""

    job_id: str
    pool_id: str
    count: int


@cache
def azure_batch() -> AzureBatch:
    """Return the client of the Batch account that the settings name; nothing is asked of it yet."""
    chosen = get_sign_in()
    tokens = TokenProvider(lambda: open_credential(chosen.credential, chosen.client_id), SCOPE, kind=chosen.credential)
    return open_azure_batch(get_batch_settings().url, tokens)


def job_id_of(request: BatchJobRequest, run_id: str) -> str:
    """Return the job's id: the same when the flow run is retried, another for another run."""
    return batch_id(f"{request.job}-{run_id[:13]}")


def script_of(request: BatchJobRequest) -> str:
    """Return the text of the script.

    Raises:
        InvalidRequest: there is no file of that name.
    """
    if request.script is not None:
        return request.script
    folder = get_batch_settings().scripts_dir
    path = folder / str(request.script_name)
    if not path.is_file():
        known = ", ".join(sorted(file.name for file in folder.glob("*.[ps][yh]")))
        raise InvalidRequest(f"There is no script {request.script_name} in {folder}; there are {known}.")
    return path.read_text()


def environment_of(request: BatchJobRequest) -> dict[str, str]:
    """Return the variables of all runs of the script: where the GeoCatalog is, and as whom to sign in."""
    settings, batch = get_settings(), get_batch_settings()
    return {
        "GEOCATALOG_URL": settings.url,
        "GEOCATALOG_API_VERSION": settings.api_version,
        "GEOCATALOG_SCOPE": settings.scope,
        "GEOCATALOG_CREDENTIAL": "managed-identity",
        "GEOCATALOG_CLIENT_ID": batch.identity,
        "AZURE_CLIENT_ID": batch.identity,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "GEOCATALOG_SCRIPT": script_of(request),
        **request.environment,
    }


def tasks_of(request: BatchJobRequest, image: str | None) -> list[bm.BatchTaskCreateOptions]:
    """Return the Batch tasks, one for each argument, with ids that follow from their place."""
    return [
        bm.BatchTaskCreateOptions(
            id=task_id_of(number),
            command_line=COMMANDS[request.kind],
            container_settings=bm.BatchTaskContainerSettings(image_name=image) if image else None,
            environment_settings=[bm.EnvironmentSetting(name="GEOCATALOG_ARGUMENT", value=argument)],
            constraints=bm.BatchTaskConstraints(
                max_wall_clock_time=timedelta(minutes=request.max_minutes), max_task_retry_count=request.retries
            ),
        )
        for number, argument in enumerate(request.arguments or [""])
    ]


def task_id_of(number: int) -> str:
    """Return the id of the Batch task for the argument at this place, from 0."""
    return f"task-{number:05}"


@task(name="submit-batch-job", task_run_name="submit {request.job} to Azure Batch", **RETRIED, **UNCACHED)
def submit_batch_job(request: BatchJobRequest) -> SubmittedJob:
    """Create the job and its Batch tasks, 100 in a request. Done again, it adds what is missing, and repeats failures.

    Raises:
        InvalidRequest: there is no such pool or script.
    """
    settings, batch = get_batch_settings(), azure_batch()
    pool_id = request.pool_id or settings.pool
    try:
        pool = batch.get_pool(pool_id)
    except NotFoundError:
        raise InvalidRequest(
            f"The Batch account {batch.url} has no pool {pool_id!r}: make it, or change the request's pool or"
            " GEOCATALOG_BATCH_POOL."
        ) from None
    job_id = job_id_of(request, str(flow_run.id))
    batch.ensure_job(job_id, pool_id, environment_of(request), KEPT)
    tasks = tasks_of(request, settings.image)
    added = batch.add_tasks(job_id, tasks)
    repeated = _repeat_failed(batch, job_id) if added < len(tasks) else 0
    say(f"Batch job {job_id}: {added:,} of {len(tasks):,} tasks added, {repeated:,} run again; {pool.sentence}")
    return SubmittedJob(job_id, pool_id, len(tasks))


def _repeat_failed(batch: AzureBatch, job_id: str) -> int:
    failed = [task.id for task in batch.list_tasks(job_id, "state eq 'completed'") if task.failure]
    for task_id in failed:
        batch.reactivate_task(job_id, task_id)
    return len(failed)


@task(name="wait-for-batch-job", task_run_name="wait for Batch job {job.job_id}", **RETRIED, **UNCACHED)
def wait_for_batch_job(job: SubmittedJob) -> list[BatchTaskView]:
    """Wait until all Batch tasks have ended; return them in the order of their ids."""
    return wait_until_ended(azure_batch(), job, get_batch_settings().poll_interval, time.sleep)


def wait_until_ended(batch: AzureBatch, job: SubmittedJob, interval: float, sleep: Sleep) -> list[BatchTaskView]:
    """Look at the counts, one request at a time, until the job has no open Batch task.

    The counts may be behind, and still hold the ends of Batch tasks that run again: the list has the last word.

    Args:
        batch: the account.
        job: whose Batch tasks are waited for.
        interval: seconds between two looks.
        sleep: replaced in tests.
    """
    told = -1
    while (counts := batch.count_tasks(job.job_id)).completed < job.count or (tasks := _ended(batch, job)) is None:
        if counts.completed != told:
            told = counts.completed
            say(f"{counts.completed:,} of {job.count:,} ended, {counts.running:,} running, {counts.active:,} waiting")
        sleep(interval)
    return tasks


def _ended(batch: AzureBatch, job: SubmittedJob) -> list[BatchTaskView] | None:
    """Return the Batch tasks in the order of their ids; None while one is open."""
    tasks = sorted(batch.list_tasks(job.job_id), key=lambda task: task.id)
    return None if any(task.is_open for task in tasks) else tasks


@task(name="fetch-output", task_run_name="fetch the output of {job.job_id}", **RETRIED, **UNCACHED)
def fetch_output(job: SubmittedJob, ended: list[BatchTaskView], request: BatchJobRequest) -> BatchJobReport:
    """Fetch what the script wrote, of the runs that are shown, and end the job unless a retry may follow."""
    batch = azure_batch()
    failed = [task for task in ended if task.failure]
    chosen = [*failed, *(task for task in ended if not task.failure)][: request.shown]
    report = BatchJobReport(
        job_id=job.job_id,
        pool_id=job.pool_id,
        succeeded=len(ended) - len(failed),
        failed=len(failed),
        shown=[_script_run(batch, job.job_id, task, request) for task in chosen],
    )
    if not failed:
        batch.end_job(job.job_id)
    return report


def _script_run(batch: AzureBatch, job_id: str, ended: BatchTaskView, request: BatchJobRequest) -> ScriptRun:
    number = int(ended.id.rpartition("-")[2])
    texts = {
        name: redact(batch.read_file(job_id, ended.id, f"{name}.txt", 0, OUTPUT).decode(errors="replace"))
        for name in ("stdout", "stderr")
    }
    argument = request.arguments[number] if request.arguments else ""
    return ScriptRun(task_id=ended.id, argument=argument, failure=ended.failure, **texts)
