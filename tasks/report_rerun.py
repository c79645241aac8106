"""Publish what was sent again."""

from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact

from models.reports import RerunReport
from tasks.report import MAX_ROWS
from tasks.retries import UNCACHED
from tasks.select_failed import Selection


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
