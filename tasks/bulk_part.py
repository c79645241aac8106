"""The steps of one part of a bulk ingest: stage it, start its ingestion, wait, send singly what is missing, prove."""

from dataclasses import replace
from typing import Any

from prefect import task

from clients.geocatalog.bulk import IngestionRun
from models.errors import OperationTimeout
from models.failure import OPERATION_TIMEOUT, Failure
from models.outcomes import ItemOutcome, Outcomes
from settings import get_settings
from stac.configuration import slug
from tasks.bulk_earlier import bulk_watch, delete_ingestion
from tasks.bulk_files import BulkFiles
from tasks.bulk_outcomes import chunks, not_ingested, read_back, record
from tasks.bulk_progress import BulkProgress
from tasks.bulk_proof import proof_of
from tasks.bulk_run import name_of, start_once
from tasks.bulk_singles import send_rest
from tasks.bulk_work import BulkWork, Part
from tasks.connect import geocatalog
from tasks.plan import Batch
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.staging import staging_of
from tasks.submit import BatchFailed

FOLDER = "geocatalog-flows"
"""Folder of the staging container below which each run has its own; a lifecycle rule may delete what is in it."""


@task(name="stage", task_run_name="stage {batch.label}", **RETRIED, **UNCACHED)
def stage_part(batch: Batch, work: Any) -> Part:
    """Claim the Items of a part and leave them where the GeoCatalog reads.

    Args:
        work: the `BulkWork` that all task runs of the ingest share.
    """
    claimed: set[str] = set()
    for chunk in chunks(list(batch.item_ids)):
        claimed |= work.ingest.run.claim(chunk)
    mine = tuple(id_ for id_ in batch.item_ids if id_ in claimed)
    part = Part(batch, mine, tuple(id_ for id_ in batch.item_ids if id_ not in claimed))
    if not mine:
        return part
    folder = f"{FOLDER}/{work.request.collection_id}/{work.ingest.run.run_id}/part-{batch.number}"
    files = BulkFiles(staging_of(get_settings()).blobs, work.ingest.spool, folder)
    return replace(part, url=files.stage(work.request.import_type, mine))


@task(name="start", task_run_name="start bulk run of {part.batch.label}", **RETRIED, **UNCACHED)
def start_part(part: Part, work: Any) -> Part:
    """Create the ingestion of a part and its run; from then on any run may wait for its Items."""
    if part.url is None:
        return part
    collection_id, run = work.request.collection_id, work.ingest.run
    name = name_of(run.run_id, part.batch.number)
    started = start_once(geocatalog().bulk, collection_id, name, work.request.import_type, part.url)
    for chunk in chunks(list(part.item_ids)):
        run.record_submitted(chunk, started.operation_id, 1)
    return replace(part, started=started)


def wait_for_run(part: Part, work: BulkWork) -> list[ItemOutcome]:
    """Wait for the run of a part, and read back which of its Items got through.

    Items of a run that goes on after the time-out stay `submitted` in the ledger: a later run waits for it again.
    """
    if part.started is None:
        return []
    collection_id, label = work.request.collection_id, part.batch.label
    progress = BulkProgress(label, len(part.item_ids)).publish(f"{slug(collection_id)}-bulk-run")
    ended: IngestionRun | None = None

    def look(run: IngestionRun) -> None:
        progress.show(run)
        work.ingest.lease.keep()

    try:
        ended = bulk_watch(collection_id).wait(part.started.ingestion_id, look)
        say(progress.text(ended))
        failure = not_ingested(ended)
    except OperationTimeout as error:
        failure = Failure.of(OPERATION_TIMEOUT, str(error))
    outcomes = read_back(geocatalog(), collection_id, part.item_ids, part.started.operation_id, failure)
    record(work.ingest.run, [outcome for outcome in outcomes if ended or not outcome.is_failed])
    if ended:
        delete_ingestion(geocatalog(), collection_id, part.started.ingestion_id)
    return outcomes


@task(name="wait", task_run_name="wait for bulk run of {part.batch.label}", **RETRIED, **UNCACHED)
def wait_part(part: Part, work: Any) -> Outcomes:
    """Wait until the run of a part has ended, and give each of its Items an outcome."""
    return Outcomes(wait_for_run(part, work))


@task(name="send-singly", task_run_name="send singly what is missing of {part.batch.label}", **RETRIED, **UNCACHED)
def send_rest_of_part(part: Part, outcomes: Outcomes, work: Any) -> Outcomes:
    """Send Items that the bulk run left out, each for itself, and follow those of other runs.

    Raises:
        BatchFailed: no Item of the part is in the catalog.
    """
    decided = send_rest(part, outcomes.items, work)
    work.ingest.progress.settle(outcome.item_id for outcome in decided if outcome.is_failed)
    if all(outcome.is_failed for outcome in decided):
        raise BatchFailed(decided)
    return Outcomes(decided)


@task(name="prove", task_run_name="prove {batch.label}", **RETRIED, **UNCACHED)
def prove_part(batch: Batch, outcomes: Outcomes | None, work: Any) -> Outcomes:
    """Prove the Items of a part.

    Args:
        outcomes: of the steps before; None for Items that the catalog had before.

    Raises:
        BatchFailed: at least one Item is not proven, or failed before.
    """
    proven = proof_of(work.ingest).prove(outcomes.items if outcomes else batch.present)
    if any(outcome.is_failed for outcome in proven):
        raise BatchFailed(proven)
    return Outcomes(proven)
