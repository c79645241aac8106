"""Publish what the ledger knows of a Collection, as artifacts of the Prefect UI."""

from prefect import task
from prefect.artifacts import create_table_artifact

from ledger.ledger import Ledger
from ledger.tables import Row, failed_rows, failure_rows, history_rows, open_rows, run_rows, state_rows
from models.errors import InvalidRequest
from stac.configuration import slug
from tasks.ledger import ledger
from tasks.report import MAX_ROWS
from tasks.retries import UNCACHED


def ledger_tables(opened: Ledger, collection_id: str) -> dict[str, tuple[str, list[Row]]]:
    """Return title and rows of each table, by the end of its key."""
    return {
        "runs": ("Runs, newest first", run_rows(opened, collection_id, MAX_ROWS)),
        "items": ("Items by state", state_rows(opened, collection_id)),
        "open": ("Open Items, the last changed first", open_rows(opened, collection_id, MAX_ROWS)),
        "failures": ("Failures by cause", failure_rows(opened, collection_id)),
        "failed": ("Failed Items, the last changed first", failed_rows(opened, collection_id, MAX_ROWS)),
    }


@task(name="publish-ledger", task_run_name="publish ledger of {collection_id}", **UNCACHED)
def publish_ledger(collection_id: str) -> None:
    """Publish one table for each question; an empty one too, since it replaces an older one that was not."""
    for name, (title, rows) in ledger_tables(ledger(), collection_id).items():
        key = f"{slug(collection_id)}-ledger-{name}"
        create_table_artifact(rows or [{"": "none"}], key=key, description=f"{title} of {collection_id}, times in UTC")


@task(name="publish-history", task_run_name="publish history of {item_id}", **UNCACHED)
def publish_history(collection_id: str, item_id: str) -> None:
    """Publish all that happened to an Item as a table, oldest first; if that is very much, its newest part.

    Raises:
        InvalidRequest: the ledger does not know the Item.
    """
    rows = history_rows(ledger(), collection_id, item_id)[-MAX_ROWS:]
    if not rows:
        raise InvalidRequest(
            f"The ledger knows no Item {item_id} in the Collection {collection_id}: check item_id, or ingest it first."
        )
    description = f"History of {item_id} in {collection_id}, times in UTC"
    create_table_artifact(rows, key=f"{slug(collection_id)}-ledger-item", description=description)
