"""Compare source, catalog and ledger day by day, and fill the gaps if asked."""

import time

from prefect import flow

from flows.ingest_items import ingest_items
from models.census_report import CensusReport
from models.census_request import CensusRequest
from models.errors import RunFailed
from models.reports import IngestReport, ItemsFailed
from tasks.alerts import announce_new_failures
from tasks.census import Counted, count_items
from tasks.census_losses import record_losses
from tasks.check import check_geocatalog, require_collection
from tasks.report_census import conclude_census, draw_census, publish_census, report_of
from tasks.source_collection import fetch_source_collection


@flow(
    name="census",
    flow_run_name="{request.collection_id} {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
)
def census(request: CensusRequest) -> CensusReport:
    """Count each day's Items in source and catalog, and list what is missing, extra, changed or unproven.

    A census that leaves gaps ends as Completed, by the name of Gaps. Without a ledger all Items of the catalog are
    unproven; `fill_gaps` proves them again, and so writes the ledger anew.

    Args:
        request: what to count, and whether to fill the gaps.

    Raises:
        ChildRunsFailed: gaps were to be filled, and an ingest failed; all others are done.
    """
    started = time.monotonic()
    source_url = check_geocatalog()
    fetch_source_collection(source_url, request.source_collection)
    require_collection(request.collection_id)
    counted = count_items(request)
    report = report_of(counted, request)
    if request.fill_gaps and (gaps := _fillable(report, request)):
        ingests, problems = fill(request, counted, gaps)
        counted = count_items(request)
        now = report_of(counted, request)
        filled = sorted(set(report.gaps) - set(now.gaps))
        report = now.model_copy(update={"filled": filled, "ingests": ingests, "problems": problems})

    path, note = draw_census(counted, request)
    seen = {"picture_path": str(path) if path else None, "picture_note": note}
    report = report.model_copy(update={**seen, "seconds": round(time.monotonic() - started, 1)})
    publish_census(report)
    return conclude_census(report)


def _fillable(report: CensusReport, request: CensusRequest) -> list[str]:
    """Return the gaps that an ingest closes: changed Items only if they are to be replaced."""
    return report.gaps if request.replace_changed else [*report.missing, *report.unproven]


def fill(request: CensusRequest, counted: Counted, gaps: list[str]) -> tuple[list[IngestReport], list[str]]:
    """Ingest exactly these Items; return the reports, and why ingests failed."""
    record_losses(request, counted)
    reports: list[IngestReport] = []
    problems: list[str] = []
    for ingest in request.ingests_of(gaps):
        try:
            reports.append(ingest_items(ingest))
        except ItemsFailed as error:
            reports.append(error.report)
            problems.append(str(error))
        except RunFailed as error:
            problems.append(str(error))
    return reports, problems
