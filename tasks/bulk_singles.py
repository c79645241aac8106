"""What bulk ingestion leaves over: Items that it failed on, and Items that other runs send."""

from models.outcomes import ItemOutcome
from tasks.bulk_outcomes import NOT_INGESTED, record
from tasks.bulk_work import BulkWork, Part
from tasks.connect import geocatalog, operation_watch
from tasks.plan import Batch, batches_of
from tasks.progress import say
from tasks.settle import Settlement
from tasks.submit import submitter_of


def send_rest(part: Part, outcomes: list[ItemOutcome], work: BulkWork) -> list[ItemOutcome]:
    """Return outcomes of all Items of a part.

    Items that the bulk run left out are sent singly, as far as that is allowed, so that each gets an error code of its
    own; those that other runs had claimed are waited for, or sent if those runs died.
    """
    missing = [o.item_id for o in outcomes if o.failure is not None and o.failure.code == NOT_INGESTED]
    singly = work.singles.take(missing)
    if missing:
        left = f", {len(missing) - len(singly)} are left to the next run" if len(singly) < len(missing) else ""
        say(f"{len(missing)} Items were left out by the bulk run: {len(singly)} are sent singly{left}")
    sent = {outcome.item_id: _again(outcome) for outcome in _follow(batches_of(singly, 1), work)}
    decided = [sent.get(outcome.item_id, outcome) for outcome in outcomes]
    return decided + _follow(batches_of(list(part.others)), work)


def _follow(batches: list[Batch], work: BulkWork) -> list[ItemOutcome]:
    """Take batches through the ordinary path, all sent before the first is waited for."""
    submitter = submitter_of(work.ingest)
    watch = operation_watch(work.request.collection_id)
    settlement = Settlement(geocatalog(), watch, submitter, work.request.collection_id, work.ingest.lease)
    submitted = [submitter.send(batch) for batch in batches]
    outcomes = [outcome for batch in submitted for outcome in settlement.settle(batch)]
    record(work.ingest.run, [outcome for outcome in outcomes if outcome.submitted])
    return outcomes


def _again(outcome: ItemOutcome) -> ItemOutcome:
    return outcome.model_copy(update={"attempts": outcome.attempts + 1})  # the bulk run was the first
