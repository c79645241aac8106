"""Tell Prefect of failures of a new kind, as an event: automations notify of it (`geocatalog automations`)."""

import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event

from ledger.ledger import Ledger
from models.alert import RUN, Alert
from models.errors import ChildRunsFailed, GeoCatalogFlowsError, SettingsMissing, TooManyItems, TransientError
from models.failure import FailureClass
from models.redact import redact
from models.reports import ItemsFailed
from tasks.ledger import copernicus_ledger, ledger

NEW_KIND = "geocatalog.failure.new-kind"
"""Name of the event; its resource is the Collection, its payload an `Alert` with subject and text."""
_OTHER_EACH_TIME = {"datetime_range", "lookback_days", "item_ids", "max_items"}


def announce_new_failures(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Emit an event for each kind of failure that is new; a hook for the end of a flow run, good or bad."""
    request = dict((flow_run.parameters or {}).get("request") or {})
    error = None if state.is_completed() else _error_of(state)
    if isinstance(error, TooManyItems) and flow_run.parent_task_run_id:
        return  # a backfill halves this child
    for alert in alerts(ledger_of_any_flow, request, flow.name, error):
        _emit(alert, flow_run)


def ledger_of_any_flow() -> Ledger:
    """Return the ledger of the GeoCatalog; where none is set, that of flows that need no GeoCatalog.

    Raises:
        GeoCatalogFlowsError: neither can be opened.
    """
    try:
        return ledger()
    except SettingsMissing:
        return copernicus_ledger()


def alerts(
    open_ledger: Callable[[], Ledger], request: dict[str, Any], flow: str, error: Exception | None
) -> list[Alert]:
    """Return what is new at the end of a run.

    A run that cannot ask the ledger is announced each time: too much rather than nothing.

    Args:
        request: of the run, as JSON.
        error: with which the run failed; None if it ended well.
    """
    collection_id = str(request.get("collection_id") or request.get("collection") or "")
    try:
        known = open_ledger()
        return _of_items(known, collection_id, flow, error) + _of_run(known, collection_id, request, flow, error)
    except GeoCatalogFlowsError as problem:
        return [_run_alert(collection_id, flow, error or problem)]


def _of_items(known: Ledger, collection_id: str, flow: str, error: Exception | None) -> list[Alert]:
    """Return the new kinds of failure of Items; they are known only when a run came to its end."""
    if not collection_id or _ended_early(error):
        return []
    found = {(each.kind.value, each.code): each for each in known.count_by_failure(collection_id)}
    new = sorted(known.note_failures(collection_id, found))
    return [
        Alert(
            collection_id=collection_id,
            flow=flow,
            kind=kind,
            code=code,
            items=found[kind, code].count,
            message=found[kind, code].message,
        )
        for kind, code in new
    ]


def _of_run(
    known: Ledger, collection_id: str, request: dict[str, Any], flow: str, error: Exception | None
) -> list[Alert]:
    alert = _run_alert(collection_id, flow, error) if error is not None and _ended_early(error) else None
    found = [(alert.kind, alert.code)] if alert else []
    new = known.note_failures(collection_id, found, _origin(flow, request))
    return [alert] if alert and new else []


def _ended_early(error: Exception | None) -> bool:
    """Tell whether a run failed as a whole; child runs that failed have been announced by themselves."""
    return error is not None and not isinstance(error, ItemsFailed | ChildRunsFailed)


def _run_alert(collection_id: str, flow: str, error: Exception) -> Alert:
    kind = FailureClass.TRANSIENT.value if isinstance(error, TransientError) else RUN
    return Alert(
        collection_id=collection_id, flow=flow, kind=kind, code=type(error).__name__, message=redact(str(error))
    )


def _origin(flow: str, request: dict[str, Any]) -> str:
    """Return what the runs of a schedule share, so that one that succeeds does not resolve the failure of another."""
    members = {name: value for name, value in request.items() if name not in _OTHER_EACH_TIME}
    digest = blake2b(json.dumps(members, sort_keys=True, default=str).encode(), digest_size=8)
    return f"{flow} {digest.hexdigest()}"


def _error_of(state: State[Any]) -> Exception:
    result = state.result(raise_on_failure=False)
    return result if isinstance(result, Exception) else RuntimeError(state.message or state.name)


def _emit(alert: Alert, flow_run: FlowRun) -> None:
    name = alert.collection_id or alert.flow
    emit_event(
        NEW_KIND,
        resource={"prefect.resource.id": f"geocatalog.collection.{name}", "prefect.resource.name": name},
        related=[
            {
                "prefect.resource.id": f"prefect.flow-run.{flow_run.id}",
                "prefect.resource.role": "flow-run",
                "prefect.resource.name": flow_run.name,
            }
        ],
        payload={**alert.model_dump(), "subject": alert.subject, "text": alert.text},
    )
