"""Publish what was sent again."""

from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact

from ledger.products import ProductEntry
from models.reports import RerunReport
from tasks.report import MAX_ROWS
from tasks.retries import UNCACHED
from tasks.select_failed import Selection
from tasks.select_failed_downloads import DownloadSelection


def selection_rows(selection: Selection) -> list[dict[str, Any]]:
    """Return the selected Items as a table, at most `MAX_ROWS` of them."""
    return [
        {
            "Collection": entry.collection_id,
            "Item": entry.item_id,
            "state": entry.state.value,
            "class": entry.kind.value if entry.kind else "",
            "code": entry.code or "",
            "message": entry.message or "",
            "since": f"{entry.updated:%Y-%m-%d %H:%M} UTC",
        }
        for entry in selection.entries[:MAX_ROWS]
    ]


@task(name="publish-rerun", task_run_name="publish what was sent again", **UNCACHED)
def publish_rerun(report: RerunReport, selection: Selection) -> None:
    """Publish the selected Items and what became of them."""
    if selection.entries:
        create_table_artifact(selection_rows(selection), key="rerun-failed", description=report.sentence)


@task(name="publish-rerun", task_run_name="publish what was downloaded again", **UNCACHED)
def publish_rerun_downloads(report: RerunReport, selection: DownloadSelection) -> None:
    """Publish the selected products and what became of them."""
    if selection.entries:
        rows = [_product_row(entry) for entry in selection.entries[:MAX_ROWS]]
        create_table_artifact(rows, key="rerun-failed", description=report.sentence)


def _product_row(entry: ProductEntry) -> dict[str, Any]:
    failure = entry.failure
    return {
        "Collection": entry.source_collection,
        "product": entry.name,
        "state": entry.state.value,
        "class": failure.kind.value if failure else "",
        "code": failure.code if failure else "",
        "message": failure.message if failure else "",
        "since": f"{entry.updated:%Y-%m-%d %H:%M} UTC",
    }
