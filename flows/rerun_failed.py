"""Send again what failed, and only that."""

from prefect import flow

from flows.ingest_items import ingest_items
from models.errors import RunFailed
from models.reports import ItemsFailed, RerunReport
from models.requests import RerunRequest
from tasks.check import check_geocatalog
from tasks.report_rerun import publish_rerun
from tasks.select_failed import select_failed


@flow(name="rerun-failed", flow_run_name="rerun failed {request.what}")
def rerun_failed(request: RerunRequest) -> RerunReport:
    """Take up the Items that failed, by run, deployment or Collection; they are read from the source again by id.

    Args:
        request: which of them.

    Raises:
        RunFailed: some failed again; all others are done.
    """
    check_geocatalog()
    selection = select_failed(request)
    report = RerunReport(dry_run=request.dry_run, selected=selection.by_collection, left_out=selection.left_out)
    for again in [] if request.dry_run else selection.requests:
        try:
            report.reports.append(ingest_items(again))
        except ItemsFailed as error:
            report.reports.append(error.report)
    publish_rerun(report, selection)
    if report.failed:
        raise RunFailed(report.sentence)
    return report
