"""The report of downloads: artifacts, and the state in which the flow run ends."""

from typing import cast

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed

from clients.copernicus.disk import gigabytes
from models.copernicus import ProductOutcome
from models.copernicus_report import DownloadReport, ProductsNotDownloaded
from models.errors import GeoCatalogFlowsError
from stac.configuration import slug
from tasks.retries import UNCACHED

MAX_ROWS = 500
"""Rows of the table: artifacts are one request to the Prefect server, and its page shows them all at once."""


def download_rows(outcomes: list[ProductOutcome]) -> list[dict[str, object]]:
    """Return a table of outcomes, those given up first, at most `MAX_ROWS` of them."""
    ordered = sorted(outcomes, key=lambda outcome: (not outcome.is_failed, outcome.name))
    return [_row(outcome) for outcome in ordered[:MAX_ROWS]]


def _row(outcome: ProductOutcome) -> dict[str, object]:
    file, failure = outcome.downloaded, outcome.failure
    return {
        "product": outcome.name,
        "state": "there before" if outcome.was_there else outcome.state.value,
        "size": gigabytes(file.size) if file else "",
        "seconds": round(file.seconds, 1) if file and not outcome.was_there else "",
        "verified by": file.verified_by if file else "",
        "class": failure.kind.value if failure else "",
        "code": failure.code if failure else "",
        "message": failure.message if failure else "",
    }


def download_summary(report: DownloadReport) -> str:
    """Return the report as Markdown."""
    counts = (report.matched, report.there, report.downloaded, report.offline, report.failed, report.undone)
    rate = report.received / report.seconds if report.seconds else 0.0
    lines = [
        f"# {report.collection}",
        report.sentence,
        "",
        "| matched | there before | downloaded | offline | failed | not begun |",
        "|---:|---:|---:|---:|---:|---:|",
        f"| {' | '.join(f'{count:,}' for count in counts)} |",
        "",
        f"Received: {gigabytes(report.received)} in {report.seconds:,.1f} s ({rate / 1e6:,.1f} MB/s). Folder:"
        f" `{report.folder}`.",
    ]
    if report.limited:
        lines.append("\nMore products match: the run stopped at its maximum.")
    return "\n".join(lines)


@task(name="publish-report", task_run_name="publish report of {report.collection}", **UNCACHED)
def publish_downloads(report: DownloadReport) -> None:
    """Publish summary and table of outcomes."""
    key = f"copernicus-{slug(report.collection)}"
    create_markdown_artifact(download_summary(report), key=f"{key}-summary", description=report.sentence)
    if report.outcomes:
        description = f"{len(report.outcomes)} products, those not downloaded first"
        create_table_artifact(download_rows(report.outcomes), key=f"{key}-outcomes", description=description)


def conclude_downloads(report: DownloadReport, stopped_by: GeoCatalogFlowsError | None) -> DownloadReport:
    """Return the report of a run that did what was asked.

    A run that found nothing, or some products in the archive only, ends as Completed by a name of its own.

    Raises:
        GeoCatalogFlowsError: the error that stopped the run before all products were asked for.
        ProductsNotDownloaded: some were given up.
    """
    report = report.trimmed()
    if stopped_by is not None:
        raise stopped_by
    if report.failed:
        raise ProductsNotDownloaded(report)
    name = "NoMatches" if not report.matched else "SomeOffline" if report.offline else None
    if name is None:
        return report
    # A state returned by a flow becomes the run's state, and its data the flow's result.
    return cast(DownloadReport, Completed(name=name, message=report.sentence, data=report))
