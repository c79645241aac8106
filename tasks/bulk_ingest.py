"""Take the parts of a bulk ingest through their steps, one part after the other: the service does the same."""

from typing import Any

from prefect import task

from models.bulk_request import MAX_BULK_ITEMS, BulkRequest
from models.outcomes import ItemOutcome
from settings import get_settings
from tasks.areas import resolve_areas
from tasks.bulk_part import prove_part, send_rest_of_part, stage_part, start_part, wait_part
from tasks.bulk_work import BulkWork
from tasks.connect import geocatalog, planetary_computer
from tasks.outcomes import outcomes_of
from tasks.plan import Batch, Plan, batches_of, make_plan, plan_sentence
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.source_search import SourceSearch


@task(name="plan", task_run_name="plan: source minus catalog", **RETRIED, **UNCACHED)
def plan_bulk(request: BulkRequest, run: Any) -> Plan:
    """Return what is to be done for the request; the Items themselves are in the run's spool (`RunRecorder`)."""
    run.forget_items()  # of an attempt of this task that broke off
    settings = get_settings()
    areas = resolve_areas(request, settings.areas_dir)
    search = SourceSearch(planetary_computer())
    plan = make_plan(request, search, areas, geocatalog(), run, settings.blob_root, most=MAX_BULK_ITEMS)
    run.record(plan.rejected)
    say(plan_sentence(plan, request))
    return plan


def ingest_parts(plan: Plan, work: BulkWork) -> list[ItemOutcome]:
    """Take all planned Items through their steps, and prove those that were there before.

    Raises:
        CredentialsError: the sign-in ended while the run went on; Items without an outcome are undone.
    """
    outcomes = list(plan.rejected)
    for batch in batches_of(plan.planned, work.request.part_size):
        outcomes += _ingest(batch, work)
    for batch in batches_of(plan.present, work.request.part_size):
        outcomes += outcomes_of(batch, [prove_part.submit(batch, None, work)])
    return outcomes


def _ingest(batch: Batch, work: BulkWork) -> list[ItemOutcome]:
    staged: Any = stage_part.submit(batch, work)
    started: Any = start_part.submit(staged, work)
    waited: Any = wait_part.submit(started, work)
    decided: Any = send_rest_of_part.submit(started, waited, work)
    proven: Any = prove_part.submit(batch, decided, work)
    return outcomes_of(batch, [proven, decided, waited, started, staged])
