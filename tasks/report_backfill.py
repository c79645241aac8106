"""Publish the child runs of a backfill."""

from prefect import task
from prefect.artifacts import create_table_artifact

from models.reports import BackfillReport
from stac.configuration import slug
from tasks.retries import UNCACHED


@task(name="publish-backfill", task_run_name="publish child runs", **UNCACHED)
def publish_backfill(report: BackfillReport) -> None:
    """Publish one table of all child runs, in order of time."""
    rows = [{"window": child.window, "state": child.state, "message": child.message} for child in report.children]
    if rows:
        create_table_artifact(rows, key=f"{slug(report.collection_id)}-backfill", description=report.sentence)
