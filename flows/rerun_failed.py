"""Send again what failed, and only that."""

from collections.abc import Sequence

from prefect import flow

from flows.download_copernicus import download_copernicus
from flows.ingest_copernicus import ingest_copernicus
from flows.ingest_items import ingest_items
from models.copernicus_ingest import IngestCopernicusRequest
from models.copernicus_report import ProductsNotDownloaded
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import ChildRunsFailed, CredentialsError, GeoCatalogFlowsError, Stopped
from models.reports import IngestReport, ItemsFailed, RerunReport
from models.requests import IngestRequest, RerunRequest
from tasks.alerts import announce_new_failures
from tasks.check import check_geocatalog
from tasks.report_rerun import publish_rerun, publish_rerun_downloads
from tasks.select_failed import select_failed
from tasks.select_failed_downloads import DownloadSelection, select_failed_downloads

Again = IngestRequest | IngestCopernicusRequest | DownloadCopernicusRequest


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
        ChildRunsFailed: some failed again, or a run of them as a whole; all others are done.
        CredentialsError, Stopped: as said; what was not begun is left.
    """
    downloads = select_failed_downloads(request)
    if downloads is not None:
        return _download_again(request, downloads)
    check_geocatalog()
    selection = select_failed(request)
    report = RerunReport(dry_run=request.dry_run, selected=selection.by_collection, left_out=selection.left_out)
    stopped_by = None if request.dry_run else _take_up(selection.requests, report)
    publish_rerun(report, selection)
    return _concluded(report, stopped_by)


def _download_again(request: RerunRequest, selection: DownloadSelection) -> RerunReport:
    report = RerunReport(dry_run=request.dry_run, selected=selection.by_collection, left_out=selection.left_out)
    stopped_by = None if request.dry_run else _take_up(selection.requests, report)
    publish_rerun_downloads(report, selection)
    return _concluded(report, stopped_by)


def _take_up(requests: Sequence[Again], report: RerunReport) -> GeoCatalogFlowsError | None:
    """Run one after the other, whatever becomes of each; return the error after which all others would fail too."""
    for again in requests:
        try:
            _run(again, report)
        except GeoCatalogFlowsError as error:
            name = again.collection if isinstance(again, DownloadCopernicusRequest) else again.collection_id
            report.problems.append(f"{name}: {error}")
            if isinstance(error, CredentialsError | Stopped):
                return error
    return None


def _run(again: Again, report: RerunReport) -> None:
    try:
        if isinstance(again, DownloadCopernicusRequest):
            report.downloads.append(download_copernicus(again))
        else:
            report.reports.append(_ingest(again))
    except ItemsFailed as error:
        report.reports.append(error.report)
    except ProductsNotDownloaded as error:
        report.downloads.append(error.report)


def _ingest(again: IngestRequest | IngestCopernicusRequest) -> IngestReport:
    return ingest_copernicus(again) if isinstance(again, IngestCopernicusRequest) else ingest_items(again)


def _concluded(report: RerunReport, stopped_by: GeoCatalogFlowsError | None) -> RerunReport:
    if stopped_by:
        raise stopped_by
    if not report.is_good:
        raise ChildRunsFailed(report.sentence)
    return report
