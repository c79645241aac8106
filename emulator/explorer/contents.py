"""What the pages say of a Collection, its Items, operations and sources."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.clock import parse_time
from emulator.geocatalog.ingestion_source import SOURCE_KIND
from emulator.geocatalog.operations import Operation
from emulator.json_types import JsonDict
from emulator.search import SearchRequest
from emulator.state import EmulatorState

ITEMS_ON_A_PAGE = 60
OPERATIONS_SHOWN = 12


@dataclass(frozen=True)
class ItemRow:
    """An Item as the list shows it.

    Attributes:
        state: `Ingested`, or the status of the operation that is to bring it.
        detail: error code and message when that operation failed.
    """

    id: str
    state: str
    datetime: str
    cloud_cover: float | None
    platform: str
    assets: int
    geometry: JsonDict | None
    detail: str = ""


@dataclass(frozen=True)
class OperationRow:
    """An operation as the table shows it."""

    type: str
    target: str
    status: str
    started: str
    seconds: float | None
    error: str


@dataclass(frozen=True)
class SourceRow:
    """An ingestion source: of a SAS token how long it still lives, never the token."""

    kind: str
    container: str
    expires: str
    expired: bool


@dataclass(frozen=True)
class ItemPage:
    """Newest Items first, after those that are on their way or failed."""

    rows: list[ItemRow]
    matched: int
    next_token: str | None


def item_page(state: EmulatorState, collection_id: str, token: str | None) -> ItemPage:
    """One page of a Collection's Items. Raises InvalidSearch for an unusable token."""
    search = SearchRequest(collections=(collection_id,), limit=ITEMS_ON_A_PAGE, token=token)
    page = state.catalog.search(search)
    rows = [_ingested(item) for item in page.items]
    return ItemPage(([] if token else _not_ingested(state, collection_id)) + rows, page.matched, page.next_token)


def operation_rows(state: EmulatorState, collection_id: str | None = None) -> list[OperationRow]:
    """The newest operations."""
    now = state.clock.time()
    found = state.operations.listed(now, top=OPERATIONS_SHOWN, skip=0, collection_id=collection_id)
    return [_operation_row(operation, now) for operation in found]


def source_rows(state: EmulatorState) -> list[SourceRow]:
    """Every ingestion source of the GeoCatalog."""
    return [_source_row(source, state.clock.now()) for source in state.records.list(SOURCE_KIND)]


def _ingested(item: JsonDict) -> ItemRow:
    properties = item["properties"]
    moment = properties.get("datetime") or properties.get("start_datetime") or ""
    return ItemRow(
        id=item["id"],
        state="Ingested",
        datetime=moment[:16].replace("T", " "),
        cloud_cover=properties.get("eo:cloud_cover"),
        platform=properties.get("platform", ""),
        assets=len(item["assets"]),
        geometry=item.get("geometry"),
    )


def _not_ingested(state: EmulatorState, collection_id: str) -> list[ItemRow]:
    """Items whose newest single operation has not ended, or failed without an Item being there."""
    now = state.clock.time()
    newest: dict[str, Operation] = {}
    for operation in state.operations.listed(now, top=200, skip=0, collection_id=collection_id):
        if operation.type == "AddItem" and operation.total == 1:
            newest.setdefault(operation.target, operation)
    return [
        ItemRow(target, operation.status(now), "", None, "", 0, None, _error(operation))
        for target, operation in newest.items()
        if operation.status(now) != "Succeeded" and not state.catalog.has_item(collection_id, target)
    ]


def _operation_row(operation: Operation, now: float) -> OperationRow:
    target = operation.target or operation.collection
    if operation.total > 1:
        target = f"{operation.total} Items, from {target}"
    return OperationRow(
        type=operation.type,
        target=target,
        status=operation.status(now),
        started=datetime.fromtimestamp(operation.created, UTC).strftime("%H:%M:%S"),
        seconds=round(operation.ends - operation.created, 1) if operation.outcome else None,
        error=_error(operation),
    )


def _error(operation: Operation) -> str:
    return f"{operation.error_code}: {operation.error_message}" if operation.error_code else ""


def _source_row(source: JsonDict, now: datetime) -> SourceRow:
    connection: dict[str, Any] = source["connectionInfo"]
    expiration = connection.get("expiration")
    if not expiration:
        return SourceRow(source["kind"], connection["containerUrl"], "", expired=False)
    seconds = parse_time(expiration) - now.timestamp()
    text = f"expires in {seconds / 60:.0f} min" if seconds > 0 else "expired"
    return SourceRow(source["kind"], connection["containerUrl"], text, expired=seconds <= 0)
