"""Send again what failed, and only that."""

from prefect import flow

from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from flows.ingest_items import ingest_items
from models.copernicus_ingest import IngestCopernicusRequest
from models.copernicus_report import ProductsNotDownloaded
from models.errors import ChildRunsFailed
from models.reports import IngestReport, ItemsFailed, RerunReport
from models.requests import IngestRequest, RerunRequest
from tasks.alerts import announce_new_failures
from tasks.check import check_geocatalog
from tasks.report_rerun import publish_rerun, publish_rerun_downloads
from tasks.select_failed import select_failed
from tasks.select_failed_downloads import DownloadSelection, select_failed_downloads


@flow(
    name="rerun-failed",
    flow_run_name="rerun failed {request.what}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
)
def rerun_failed(request: RerunRequest) -> RerunReport:
    """Take up the Items that failed, by run, deployment or Collection; they are read from the source again by id.

    A run, deployment or Collection of `download_copernicus` is taken up by products.

    Args:
        request: which of them.

    Raises:
        ChildRunsFailed: some failed again; all others are done.
    """
    downloads = select_failed_downloads(request)
    if downloads is not None:
        return _download_again(request, downloads)
    check_geocatalog()
    selection = select_failed(request)
    report = RerunReport(dry_run=request.dry_run, selected=selection.by_collection, left_out=selection.left_out)
    for again in [] if request.dry_run else selection.requests:
        try:
            report.reports.append(_ingest(again))
        except ItemsFailed as error:
            report.reports.append(error.report)
    publish_rerun(report, selection)
    if report.failed:
        raise ChildRunsFailed(report.sentence)
    return report


def _download_again(request: RerunRequest, selection: DownloadSelection) -> RerunReport:
    report = RerunReport(dry_run=request.dry_run, selected=selection.by_collection, left_out=selection.left_out)
    for again in [] if request.dry_run else selection.requests:
        try:
            report.downloads.append(download_copernicus(again))
        except ProductsNotDownloaded as error:
            report.downloads.append(error.report)
    publish_rerun_downloads(report, selection)
    if report.failed:
        raise ChildRunsFailed(report.sentence)
    return report


def _ingest(again: IngestRequest | IngestCopernicusRequest) -> IngestReport:
    return ingest_copernicus(again) if isinstance(again, IngestCopernicusRequest) else ingest_items(again)
