"""Run a flow in this process, as `geocatalog ingest` and its siblings do."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape

from cli.area_statistics import print_areas
from cli.prefect_api import prefect_server, prepare_prefect, require_prefect_api
from cli.terminal import Terminal, print_census, print_downloads, print_ingest
from models.area_report import AreaStatisticsReport
from models.area_statistics_request import AreaStatisticsRequest
from models.batch_job import BatchJobReport, BatchJobRequest
from models.bulk_request import BulkRequest
from models.census_report import CensusReport
from models.census_request import CensusRequest
from models.copernicus_ingest import CopernicusIngestReport, IngestCopernicusRequest
from models.copernicus_report import DownloadReport, ProductsNotDownloaded
from models.copernicus_request import CopernicusQuery, DownloadCopernicusRequest
from models.errors import InvalidRequest, SettingsMissing
from models.reports import (
    BackfillReport,
    IngestReport,
    ItemsFailed,
    OnboardReport,
    RemoveReport,
    RerunReport,
    TutorialReport,
)
from models.requests import BackfillRequest, IngestRequest, OnboardRequest, RemoveRequest, RerunRequest, TutorialRequest


def run_request(request: Any) -> int:
    """Run the flow of a request and print its report; return the exit code.

    Raises:
        GeoCatalogFlowsError: the run failed; the message says why and what to do.
    """
    prepare_prefect()
    downloads_only = _is_download(request)
    if not downloads_only:
        require_services(request)
    if downloads_only or isinstance(request, CopernicusQuery):
        require_copernicus()
    if isinstance(request, IngestCopernicusRequest):
        require_staging(request)
    _require_window(request)
    console = Console(soft_wrap=False)
    signal.signal(signal.SIGINT, _stop)
    with prefect_server():
        report = run_flow(request, console)
    _print(console, report)
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    """Let nobody wait for operations any longer, then stop as Ctrl-C does."""
    from tasks.operation_watch import STOPPING

    STOPPING.set()
    signal.default_int_handler(number, frame)


def _require_window(request: Any) -> None:
    """Refuse an ingest whose time was forgotten: the form's default, a week of February 2024, is nobody's wish here.

    Raises:
        InvalidRequest: as said.
    """
    given = {"datetime_range", "lookback_days", "item_ids"}
    if isinstance(request, IngestRequest) and not given & request.model_fields_set:
        raise InvalidRequest("Say which time: --datetime-range START/END, or --lookback-days N for a recurring ingest.")


def require_services(request: Any) -> None:
    """Check what a run needs before Prefect starts one, so that a wrong setting is said within a second.

    Statistics only read, and ObservEarth is no GeoCatalog.

    Raises:
        GeoCatalogFlowsError: the message says what is wrong.
    """
    from tasks.check import require_catalog_page
    from tasks.connect import geocatalog

    require_prefect_api()
    only_reads = isinstance(request, AreaStatisticsRequest)
    if only_reads and request.provider == "observearth":
        return
    require_catalog_page(geocatalog())
    if not only_reads:
        geocatalog().ingestion.require_write_access()


def _is_download(request: Any) -> bool:
    """Tell whether a request is about downloads only, which need no GeoCatalog."""
    if isinstance(request, DownloadCopernicusRequest):
        return True
    if not isinstance(request, RerunRequest):
        return False
    from tasks.ledger import copernicus_ledger
    from tasks.select_failed_downloads import named_runs

    return bool(named_runs(request, copernicus_ledger()))


def require_copernicus() -> None:
    """Check what a download needs; it knows no GeoCatalog.

    Raises:
        GeoCatalogFlowsError: the message says what is wrong.
    """
    from tasks.copernicus_connect import copernicus_tokens

    require_prefect_api()
    copernicus_tokens().get()


def require_staging(request: IngestCopernicusRequest) -> None:
    """Check the settings of the staging container.

    Raises:
        SettingsMissing: the message says what is missing.
    """
    from tasks.copernicus_begin import staging_for

    staging_for(request)


def run_flow(request: Any, console: Console) -> BaseModel:
    """Run the flow of a request in this process and return its report."""
    from tasks.progress import listening

    flow = _flow_of(request)
    with Terminal(console) as terminal, listening(terminal):
        try:
            return flow(request)
        except ItemsFailed as error:
            print_ingest(console, error.report)
            raise
        except ProductsNotDownloaded as error:
            print_downloads(console, error.report)
            raise


def _flow_of(request: Any) -> Callable[[Any], BaseModel]:
    if isinstance(request, AreaStatisticsRequest):
        return _area_statistics()
    from flows.backfill import backfill
    from flows.census import census
    from flows.download_copernicus import download_copernicus
    from flows.ingest_bulk import ingest_bulk
    from flows.ingest_copernicus import ingest_copernicus
    from flows.ingest_items import ingest_items
    from flows.onboard_collection import onboard_collection
    from flows.remove_collection import remove_collection
    from flows.rerun_failed import rerun_failed
    from flows.tutorial import tutorial

    if isinstance(request, BatchJobRequest):
        from flows.run_batch_job import run_batch_job  # needs an extra

        return run_batch_job
    flows: dict[type, Callable[[Any], BaseModel]] = {
        OnboardRequest: onboard_collection,
        IngestRequest: ingest_items,
        BulkRequest: ingest_bulk,
        CensusRequest: census,
        DownloadCopernicusRequest: download_copernicus,
        IngestCopernicusRequest: ingest_copernicus,
        RemoveRequest: remove_collection,
        BackfillRequest: backfill,
        RerunRequest: rerun_failed,
        TutorialRequest: tutorial,
    }
    return flows[type(request)]


def _area_statistics() -> Callable[[Any], BaseModel]:
    try:
        from flows.report_area_statistics import report_area_statistics
    except ModuleNotFoundError as error:
        raise SettingsMissing(
            f"Statistics of areas need the Python package {error.name}: pip install -e '.[areas]'."
        ) from None
    return report_area_statistics


def _print(console: Console, report: Any) -> None:
    printers: dict[type, Callable[[Console, Any], None]] = {
        IngestReport: print_ingest,
        CensusReport: print_census,
        AreaStatisticsReport: print_areas,
        DownloadReport: print_downloads,
        CopernicusIngestReport: print_ingest,
        TutorialReport: lambda on, tutorial: print_ingest(on, tutorial.ingest),
        OnboardReport: _print_collection,
        RerunReport: _print_rerun,
        BackfillReport: lambda on, backfill: on.print(backfill.sentence, highlight=False, soft_wrap=True),
        BatchJobReport: _print_job,
        RemoveReport: _print_removal,
    }
    printers[type(report)](console, report)


def _print_collection(console: Console, report: OnboardReport) -> None:
    written = ", ".join(report.changed) or "nothing, all was as requested"
    console.print(
        f"[bold green]{report.collection_id}: {report.action}[/]; configuration written: {written}", soft_wrap=True
    )
    console.print(f"Explorer: {report.explorer_url}", soft_wrap=True)


def _print_job(console: Console, report: BatchJobReport) -> None:
    for run in report.shown:
        title = f"{run.task_id} {run.argument}".rstrip()
        console.print(f"[bold]{escape(title)}[/]\n{escape(run.stdout)}", highlight=False, soft_wrap=True)
    console.print(report.sentence, highlight=False, soft_wrap=True)


def _print_rerun(console: Console, report: RerunReport) -> None:
    for collection_id, item_ids in report.selected.items() if report.dry_run else ():
        console.print(f"{collection_id}: {', '.join(item_ids)}", highlight=False, soft_wrap=True)
    for again in report.reports:
        print_ingest(console, again)
    for download in report.downloads:
        print_downloads(console, download)
    console.print(report.sentence, highlight=False, soft_wrap=True)


def _print_removal(console: Console, report: RemoveReport) -> None:
    verb = "would be deleted (run again with --no-dry-run)" if report.dry_run else "deleted"
    if report.existed:
        console.print(f"{len(report.items)} Items, Collection {report.collection_id} {verb}.", highlight=False)
    else:
        console.print(f"[yellow]There is no Collection {report.collection_id}.[/]")
    for source in report.sources:
        state = "kept: it is gone, or operations that may use it are open" if source in report.kept_sources else verb
        console.print(f"Ingestion source {source} {state}.", highlight=False)
