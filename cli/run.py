"""Run a flow in this process, as `geocatalog ingest` and its siblings do."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from cli.prefect_api import prefect_server, prepare_prefect, require_prefect_api
from cli.terminal import Terminal, print_census, print_ingest
from models.bulk_request import BulkRequest
from models.census_report import CensusReport
from models.census_request import CensusRequest
from models.errors import InvalidRequest
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
    require_services()
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


def require_services() -> None:
    """Check what every run needs before Prefect starts one, so that a wrong setting is said within a second.

    Raises:
        GeoCatalogFlowsError: the message says what is wrong.
    """
    from tasks.check import require_catalog_page
    from tasks.connect import geocatalog

    require_prefect_api()
    require_catalog_page(geocatalog())
    geocatalog().ingestion.require_write_access()


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


def _flow_of(request: Any) -> Callable[[Any], BaseModel]:
    from flows.backfill import backfill
    from flows.census import census
    from flows.ingest_bulk import ingest_bulk
    from flows.ingest_items import ingest_items
    from flows.onboard_collection import onboard_collection
    from flows.remove_collection import remove_collection
    from flows.rerun_failed import rerun_failed
    from flows.tutorial import tutorial

    flows: dict[type, Callable[[Any], BaseModel]] = {
        OnboardRequest: onboard_collection,
        IngestRequest: ingest_items,
        BulkRequest: ingest_bulk,
        CensusRequest: census,
        RemoveRequest: remove_collection,
        BackfillRequest: backfill,
        RerunRequest: rerun_failed,
        TutorialRequest: tutorial,
    }
    return flows[type(request)]


def _print(console: Console, report: BaseModel) -> None:
    match report:
        case IngestReport():
            print_ingest(console, report)
        case CensusReport():
            print_census(console, report)
        case TutorialReport():
            print_ingest(console, report.ingest)
        case OnboardReport():
            written = ", ".join(report.changed) or "nothing, all was as requested"
            console.print(f"[bold green]{report.collection_id}: {report.action}[/]; configuration written: {written}")
            console.print(f"Explorer: {report.explorer_url}")
        case RerunReport():
            _print_rerun(console, report)
        case BackfillReport():
            console.print(report.sentence, highlight=False, soft_wrap=True)
        case RemoveReport():
            _print_removal(console, report)


def _print_rerun(console: Console, report: RerunReport) -> None:
    for collection_id, item_ids in report.selected.items() if report.dry_run else ():
        console.print(f"{collection_id}: {', '.join(item_ids)}", highlight=False, soft_wrap=True)
    for again in report.reports:
        print_ingest(console, again)
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
