"""The ledger as tables, for a terminal and for the Prefect UI: one dict per row, times in UTC.

The columns that say most come first: a narrow terminal shows those side by side.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ledger.ledger import Ledger
from ledger.records import Entry, Event, RunRecord
from models.outcomes import ItemState
from models.runs import RunState

Row = dict[str, object]

OPEN_STATES = (ItemState.PLANNED, ItemState.SUBMITTED, ItemState.INGESTED)
"""States of an Item that is neither done nor given up."""
FAILED_STATES = (ItemState.FAILED, ItemState.REJECTED, ItemState.UNPROVEN)


def run_rows(ledger: Ledger, collection_id: str | None, limit: int) -> list[Row]:
    """Return the newest runs."""
    return [_run_row(record) for record in ledger.runs(collection_id=collection_id, limit=limit)]


def state_rows(ledger: Ledger, collection_id: str | None) -> list[Row]:
    """Return how many Items are in each state, in the order of an Item's life."""
    counts = ledger.count_by_state(collection_id)
    return [{"state": state.value, "Items": counts[state.value]} for state in ItemState if state.value in counts]


def open_rows(ledger: Ledger, collection_id: str | None, limit: int) -> list[Row]:
    """Return Items that are neither done nor given up, the last changed first."""
    return [_open_row(entry) for entry in ledger.find(collection_id=collection_id, states=OPEN_STATES, limit=limit)]


def failure_rows(ledger: Ledger, collection_id: str | None) -> list[Row]:
    """Return the causes of failures, the most frequent first."""
    return [
        {"class": each.kind.value, "code": each.code, "Items": each.count, "newest message": each.message}
        for each in ledger.count_by_failure(collection_id)
    ]


def failed_rows(ledger: Ledger, collection_id: str | None, limit: int) -> list[Row]:
    """Return Items that are not as requested, the last changed first."""
    return [_failed_row(entry) for entry in ledger.find(collection_id=collection_id, states=FAILED_STATES, limit=limit)]


def history_rows(ledger: Ledger, collection_id: str, item_id: str) -> list[Row]:
    """Return all that happened to an Item, oldest first."""
    return [_event_row(event) for event in ledger.history(collection_id, item_id)]


def _run_row(record: RunRecord) -> Row:
    is_silent = record.state is RunState.RUNNING and not record.is_alive
    return {
        "run": record.run_id,
        "state": "killed" if is_silent else record.state.value,
        "started": _time(record.started),
        "took": _duration(record),
        "flow": record.flow,
        "Collection": record.collection_id,
        "Items": _counts(record.counts),
        "window": _window(record.window_start, record.window_end),
    }


def _open_row(entry: Entry) -> Row:
    return {
        "Item": entry.item_id,
        "state": entry.state.value,
        "since": _time(entry.updated),
        "Collection": entry.collection_id,
        "run": f"{entry.run_id or ''}{'' if entry.run_is_alive else ' (not at work)'}".strip(),
        "operation": entry.operation_id or "",
    }


def _failed_row(entry: Entry) -> Row:
    return {
        "Item": entry.item_id,
        "state": entry.state.value,
        "since": _time(entry.updated),
        "Collection": entry.collection_id,
        "attempts": entry.attempts,
        **_cause(entry),
    }


def _event_row(event: Event) -> Row:
    return {
        "at": _time(event.at),
        "state": event.state.value,
        "attempts": event.attempts,
        "operation": event.operation_id or "",
        **_cause(event),
        "run": event.run_id or "",
    }


def _cause(of: Entry | Event) -> Row:
    return {"class": of.kind.value if of.kind else "", "code": of.code or "", "message": of.message or ""}


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _time(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else ""


def _duration(record: RunRecord) -> str:
    if record.started is None or record.ended is None:
        return ""
    return str(timedelta(seconds=round((record.ended - record.started).total_seconds())))


def _window(start: datetime | None, end: datetime | None) -> str:
    if start is None and end is None:
        return ""
    return "/".join(f"{bound:%Y-%m-%d}" if bound else ".." for bound in (start, end))
