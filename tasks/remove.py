"""Delete Items, then their Collection, then ingestion sources; each deletion is waited for and confirmed."""

from prefect import task, unmapped

from clients.geocatalog import GeoCatalog
from models.errors import RefusedError, RunFailed
from tasks.connect import geocatalog, operation_watch
from tasks.ledger import ledger
from tasks.operation_watch import OperationWatch
from tasks.plan import Batch, batches_of
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED

GONE = "NoRecordsToDelete"
"""Code of a deletion that failed since the Item was gone already."""


def delete_all(catalog: GeoCatalog, watch: OperationWatch, collection_id: str, item_ids: tuple[str, ...]) -> None:
    """Delete Items and wait for each of the operations.

    Raises:
        RunFailed: the service did not delete one; the message is the service's.
    """
    operations = {item_id: catalog.stac.begin_delete_item(collection_id, item_id) for item_id in item_ids}
    for operation in operations.values():
        watch.expect(operation)
    for item_id, operation in operations.items():
        ended = watch.wait(operation.id)
        if not ended.has_succeeded and not (ended.failure and ended.failure.code == GONE):
            reason = ended.failure.message if ended.failure else ended.status
            raise RunFailed(f"Item {item_id} was not deleted: {reason} Run again: it deletes what is left.")


def delete_whole_collection(catalog: GeoCatalog, watch: OperationWatch, collection_id: str) -> None:
    """Delete an empty Collection, wait, and confirm that it is gone.

    Raises:
        RunFailed: it still has Items, or is still there.
    """
    if left := catalog.stac.all_ids(collection_id):
        raise RunFailed(f"{collection_id} still has {len(left)} Items, such as {left[0]}: run again.")
    ended = watch.wait(catalog.stac.begin_delete_collection(collection_id).id)
    if not ended.has_succeeded or catalog.stac.get_collection(collection_id) is not None:
        reason = ended.failure.message if ended.failure else ended.status
        raise RunFailed(f"Collection {collection_id} was not deleted: {reason}")


def delete_unused_sources(catalog: GeoCatalog, source_ids: list[str]) -> list[str]:
    """Delete ingestion sources, unless operations are open that may read from them; return the ids of those kept."""
    if source_ids and catalog.ingestion.has_open_operations():
        return source_ids
    kept = []
    for source_id in source_ids:
        try:
            catalog.ingestion.delete_source(source_id)
        except RefusedError:  # gone already, or refused: either way it is not ours to insist
            kept.append(source_id)
    return kept


@task(name="list-contents", task_run_name="list {collection_id}", **RETRIED, **UNCACHED)
def list_contents(collection_id: str) -> list[str] | None:
    """Return the ids of a Collection's Items, or None if there is no such Collection."""
    stac = geocatalog().stac
    return None if stac.get_collection(collection_id) is None else stac.all_ids(collection_id)


@task(name="delete-items", task_run_name="delete {batch.label}", **RETRIED, **UNCACHED)
def delete_batch(batch: Batch, collection_id: str) -> None:
    """Delete the Items of a batch and wait until they are gone."""
    delete_all(geocatalog(), operation_watch(collection_id), collection_id, batch.item_ids)


def delete_items(collection_id: str, item_ids: list[str]) -> None:
    """Delete Items, in task runs of batches."""
    delete_batch.map(batches_of(item_ids), collection_id=unmapped(collection_id)).result()
    say(f"{len(item_ids)} Items deleted")


@task(name="delete-collection", task_run_name="delete Collection {collection_id}", **RETRIED, **UNCACHED)
def delete_collection(collection_id: str) -> None:
    """Delete an empty Collection and wait until it is gone."""
    delete_whole_collection(geocatalog(), operation_watch(collection_id), collection_id)
    ledger().forget_collection(collection_id)
    say(f"Collection {collection_id} deleted")


@task(name="delete-ingestion-sources", task_run_name="delete ingestion sources", **RETRIED, **UNCACHED)
def delete_sources(source_ids: list[str]) -> list[str]:
    """Delete ingestion sources that no open operation may use; return the ids of those kept."""
    kept = delete_unused_sources(geocatalog(), source_ids)
    say(f"{len(source_ids) - len(kept)} ingestion sources deleted, {len(kept)} kept")
    return kept
