"""Bring the Items of an area and a time into a Collection of the GeoCatalog, and prove that they are there."""

import time

from prefect import flow

from models.reports import IngestReport
from models.requests import IngestRequest
from tasks.alerts import announce_new_failures
from tasks.begin import begin_work, recorded_run
from tasks.check import check_geocatalog, require_collection
from tasks.conclude import conclude, described, verified
from tasks.ingest import ingest_batches
from tasks.plan import plan_ingest
from tasks.report import publish_ingest
from tasks.source_collection import fetch_source_collection
from tasks.spool import ItemSpool
from tasks.threads import threads

THREADS = 16
"""Task runs at once: 50 ms requests then take 320 Items a second, which is more than the service does."""


@flow(
    name="ingest-items",
    flow_run_name="{request.collection_id} {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(THREADS),
)
def ingest_items(request: IngestRequest) -> IngestReport:
    """Ingest every source Item that matches and is not proven yet, and prove it.

    A failed Item does not stop the others. The run then ends as Failed and names it; running the same request again,
    or Retry in the Prefect UI, submits only what is not in the catalog.

    Args:
        request: what to ingest, and into which Collection.

    Raises:
        ItemsFailed: at least one Item is not as requested.
    """
    started = time.monotonic()
    source_url = check_geocatalog()
    fetch_source_collection(source_url, request.source_collection)
    require_collection(request.collection_id)
    with ItemSpool() as spool, recorded_run(request, spool) as run:
        plan = plan_ingest(request, run)
        work, sources = begin_work(plan, request, run)
        outcomes = ingest_batches(plan, work)
        run.move_watermark()

        report = verified(described(plan, request, sources).counted(outcomes), request)
        report.seconds = round(time.monotonic() - started, 1)
        publish_ingest(report)
        return conclude(report)
