"""Bring products of the Copernicus Data Space into a Collection of the GeoCatalog, and prove that they are there."""

import time

from prefect import flow

from models.copernicus_ingest import CopernicusIngestReport, IngestCopernicusRequest
from tasks.alerts import announce_new_failures
from tasks.begin import recorded_run
from tasks.check import check_geocatalog
from tasks.check_copernicus import check_copernicus
from tasks.conclude import conclude
from tasks.copernicus_begin import begin_products, check_product_staging
from tasks.copernicus_chain import ingest_products
from tasks.copernicus_collection import prepare_collection
from tasks.copernicus_conclude import product_report
from tasks.copernicus_plan import plan_products
from tasks.report import publish_ingest
from tasks.spool import ItemSpool
from tasks.threads import threads

THREADS = 40
"""Task runs at once: eight products in their five steps, so that four are downloaded while four are staged."""


@flow(
    name="ingest-copernicus",
    flow_run_name="{request.collection_id} {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(THREADS),
)
def ingest_copernicus(request: IngestCopernicusRequest) -> CopernicusIngestReport:
    """Download, stage and ingest every product that matches and is not proven yet, and prove it.

    A product that fails does not stop the others. The run then ends as Failed and names it; running the same request
    again, or Retry in the Prefect UI, does only what is not done: what was downloaded or staged is not sent again.

    Args:
        request: which products, and into which Collection.

    Raises:
        ItemsFailed: at least one product is not as requested.
    """
    started = time.monotonic()
    check_product_staging(request)
    check_geocatalog()
    check_copernicus()
    prepare_collection(request)
    with ItemSpool() as spool, recorded_run(request, spool, flow="ingest-copernicus") as run:
        plan = plan_products(request, run)
        work, sources = begin_products(plan, request, run)
        outcomes = ingest_products(work)
        run.move_watermark()

        report = product_report(work, sources, outcomes)
        report.seconds = round(time.monotonic() - started, 1)
        publish_ingest(report)
        return conclude(report)
