"""Bring tens of thousands of Items into a Collection by the GeoCatalog's own bulk ingestion, and prove them."""

import time

from prefect import flow

from models.bulk_request import BulkRequest
from models.reports import IngestReport
from tasks.alerts import announce_new_failures
from tasks.begin import begin_work, recorded_run
from tasks.bulk_earlier import BULK_FLOW, finish_earlier
from tasks.bulk_ingest import ingest_parts, plan_bulk
from tasks.bulk_work import Allowance, BulkWork
from tasks.check import check_geocatalog, require_collection
from tasks.conclude import conclude, described, verified
from tasks.report import publish_ingest
from tasks.source_collection import fetch_source_collection
from tasks.spool import ItemSpool
from tasks.staging import check_staging, register_staging
from tasks.threads import threads

THREADS = 5
"""Task runs at once: the steps of one part, since parts come one after the other."""


@flow(
    name="ingest-bulk",
    flow_run_name="bulk {request.collection_id} {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(THREADS),
)
def ingest_bulk(request: BulkRequest) -> IngestReport:
    """Ingest every source Item that matches and is not proven yet, some thousand at a time, and prove it.

    Files with the Items are left in a staging container of the user's, from which the GeoCatalog reads them. Items
    that its bulk ingestion leaves out are then sent singly. Running the same request again, or Retry in the Prefect UI,
    waits for a bulk run that goes on, and submits only what is not in the catalog.

    Args:
        request: what to ingest, and into which Collection.

    Raises:
        ItemsFailed: at least one Item is not as requested.
    """
    started = time.monotonic()
    check_staging(request)
    source_url = check_geocatalog()
    fetch_source_collection(source_url, request.source_collection)
    require_collection(request.collection_id)
    with ItemSpool() as spool, recorded_run(request.ordinary, spool, flow=BULK_FLOW) as run:
        finish_earlier(request.collection_id, run)
        plan = plan_bulk(request, run)
        ingest, sources = begin_work(plan, request, run)
        sources += [register_staging()] if plan.planned else []
        outcomes = ingest_parts(plan, BulkWork(request, ingest, Allowance(request.single_retries)))
        run.move_watermark()

        report = verified(described(plan, request, sources).counted(outcomes), request)
        report.seconds = round(time.monotonic() - started, 1)
        publish_ingest(report)
        return conclude(report)
