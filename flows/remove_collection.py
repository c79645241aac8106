"""Delete a Collection with its Items, and the ingestion sources that were made for it."""

from prefect import flow

from models.reports import RemoveReport
from models.requests import RemoveRequest
from tasks.check import check_geocatalog
from tasks.remove import delete_collection, delete_items, delete_sources, list_contents
from tasks.report import publish_removal
from tasks.threads import threads

THREADS = 16
"""Task runs at once, as in an ingest."""


@flow(name="remove-collection", flow_run_name="remove {request.collection_id}", task_runner=threads(THREADS))
def remove_collection(request: RemoveRequest) -> RemoveReport:
    """Delete Items, wait, confirm, delete the Collection, then the named ingestion sources that nothing uses.

    With `dry_run`, which is the default, nothing is deleted: the report lists what would be. Safe to repeat.

    Args:
        request: what to delete.
    """
    check_geocatalog()
    item_ids = list_contents(request.collection_id)
    report = RemoveReport(
        collection_id=request.collection_id,
        dry_run=request.dry_run,
        existed=item_ids is not None,
        items=item_ids or [],
        sources=request.source_ids,
    )
    if not request.dry_run:
        if item_ids is not None:
            delete_items(request.collection_id, item_ids)
            delete_collection(request.collection_id)
        report.kept_sources = delete_sources(request.source_ids)
    publish_removal(report)
    return report
