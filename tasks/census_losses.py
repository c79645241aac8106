"""Tell the ledger which Items the catalog has lost, so that the next ingest does not take them for proven."""

from uuid import uuid4

from prefect import task

from ledger.ledger import Ledger
from ledger.records import Change, Entry
from models.census_request import CensusRequest
from models.outcomes import ItemState
from models.runs import RunState
from tasks.census import Counted
from tasks.flow_run import record_of
from tasks.ledger import ledger
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED


def lost_items(counted: Counted, known: Ledger, collection_id: str) -> list[str]:
    """Return ids that the ledger has as being in the catalog, though they are not.

    Those that a run has taken up since the census are left to it.
    """
    missing = [item_id for item_id in counted.census.total.missing if item_id in counted.entries]
    lost = [item_id for item_id in missing if _was_there(counted.entries[item_id])]
    entries = known.entries(collection_id, lost)
    return [id_ for id_ in lost if id_ in entries and entries[id_].updated == counted.entries[id_].updated]


def _was_there(entry: Entry) -> bool:
    is_left = entry.state is ItemState.INGESTED and not entry.run_is_alive  # else its run is about to prove it
    return entry.state is ItemState.PROVEN or is_left


def record_lost(item_ids: list[str], request: CensusRequest, counted: Counted, known: Ledger) -> None:
    """Write down that Items are no longer in the catalog, as done by a run of its own."""
    run_id = str(uuid4())
    window = {"window_start": counted.span.start, "window_end": counted.span.end}
    known.begin_run(record_of(run_id, "census", request.collection_id, request, **window))
    state = RunState.FAILED
    try:
        changes = [Change(item_id=item_id, state=ItemState.REMOVED) for item_id in item_ids]
        known.record(run_id, request.collection_id, changes)
        state = RunState.COMPLETED
    finally:
        known.end_run(run_id, state, {ItemState.REMOVED.value: len(item_ids)})


@task(name="record-losses", task_run_name="tell the ledger what the catalog lost", **RETRIED, **UNCACHED)
def record_losses(request: CensusRequest, counted: Counted) -> list[str]:
    """Return the ids that the catalog lost, once the ledger knows of it."""
    lost = lost_items(counted, ledger(), request.collection_id)
    if lost:
        record_lost(lost, request, counted, ledger())
        say(f"{len(lost):,} Items were proven, but are no longer in the catalog")
    return lost
