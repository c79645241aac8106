"""Download products of the Copernicus Data Space to a folder, and verify them."""

import time

from prefect import flow

from models.copernicus_report import DownloadReport
from models.copernicus_request import DownloadCopernicusRequest
from tasks.alerts import announce_new_failures
from tasks.begin_downloads import recorded_downloads
from tasks.check_copernicus import check_copernicus
from tasks.download_plan import plan_downloads
from tasks.download_products import download_all
from tasks.report_downloads import conclude_downloads, publish_downloads
from tasks.threads import threads

THREADS = 20
"""Task runs at once: the most connections that any account of the service has; the account's own are what limits."""


@flow(
    name="download-copernicus",
    flow_run_name="{request.collection} {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(THREADS),
)
def download_copernicus(request: DownloadCopernicusRequest) -> DownloadReport:
    """Download every product that matches and is not in the folder yet, and verify it.

    A product that fails does not stop the others. The run then ends as Failed and names it; running the same request
    again, or Retry in the Prefect UI, fetches only what is missing, in the middle of a file too.

    Args:
        request: which products, and where to.

    Raises:
        ProductsNotDownloaded: at least one product was given up.
        CredentialsError, NoSpace: the run was stopped, and nothing that was received is lost.
    """
    started = time.monotonic()
    check_copernicus()
    with recorded_downloads(request) as run:
        plan = plan_downloads(request, run)
        outcomes, stopped_by = download_all(plan, run)
        run.move_watermark(outcomes)

        seconds = round(time.monotonic() - started, 1)
        report = DownloadReport.of(
            request.collection, str(plan.folder), outcomes, limited=plan.limited, seconds=seconds
        )
        publish_downloads(report)
        return conclude_downloads(report, stopped_by)
