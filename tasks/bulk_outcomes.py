"""What became of the Items of a bulk run: the service counts those that failed, but does not name them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from clients.geocatalog import GeoCatalog
from clients.geocatalog.bulk import IngestionRun
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState
from tasks.run_record import RunRecorder

Item = TypeVar("Item")

NOT_INGESTED = "NotIngestedByBulk"
CHUNK = 500
"""Items of one transaction of the ledger: others can write in between."""


def chunks(values: list[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Return the values in pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def not_ingested(run: IngestionRun) -> Failure:
    """Return the failure of an Item that the catalog does not have after a bulk run; it counts as one to repeat."""
    cause = f" with {run.failure.code}: {run.failure.message.rstrip('.')}" if run.failure else ""
    message = (
        f"The bulk run {run.id} ended as {run.status}{cause}, and the catalog does not have the Item. The service logs"
        " the cause only in Azure Monitor: diagnostic settings of the GeoCatalog, category Ingestion."
    )
    return Failure(code=NOT_INGESTED, message=message, kind=FailureClass.TRANSIENT)


def read_back(
    catalog: GeoCatalog, collection_id: str, item_ids: Sequence[str], operation_id: str, failure: Failure
) -> list[ItemOutcome]:
    """Return an outcome for each Item of a bulk run: what the catalog has is `ingested`, the rest failed."""
    held = catalog.stac.existing_ids(collection_id, list(item_ids))
    there = [
        ItemOutcome(item_id=id_, state=ItemState.INGESTED, submitted=True, attempts=1, operation_id=operation_id)
        for id_ in item_ids
    ]
    return [outcome if outcome.item_id in held else outcome.failed(failure) for outcome in there]


def record(run: RunRecorder, outcomes: Iterable[ItemOutcome]) -> None:
    """Write many outcomes into the ledger."""
    for chunk in chunks(list(outcomes)):
        run.record(chunk)
