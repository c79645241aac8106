"""Routes of `/inma/operations`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from emulator.geocatalog.errors import not_found
from emulator.geocatalog.operation_document import operation_document
from emulator.geocatalog.operations import Operation
from emulator.geocatalog.paging import DEFAULT_TOP, Skip, Top, paged
from emulator.geocatalog.replies import SUPPORTED, inma_reply
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/inma/operations", tags=["operations"])
Status = Literal["Pending", "Running", "Succeeded", "Canceled", "Canceling", "Failed"]


@router.get("")
def list_operations(
    request: Request,
    state: State,
    top: Top = DEFAULT_TOP,
    skip: Skip = 0,
    collection_id: Annotated[str | None, Query(alias="collectionId")] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Response:
    """List operations newest first."""
    now = state.clock.time()
    found = state.operations.listed(now, top=top + 1, skip=skip, collection_id=collection_id, status=status)
    documents = [operation_document(operation, now) for operation in found]
    return inma_reply(paged(request, state.config.public_url, documents, top, skip))


@router.get("/{operation_id}")
def get_operation(state: State, operation_id: str) -> Response:
    """Return one operation."""
    return inma_reply(operation_document(_require(state, operation_id), state.clock.time()))


@router.delete("/{operation_id}")
def cancel_operation(state: State, operation_id: str) -> Response:
    """Cancel one operation (204); one that has ended stays as it is."""
    _require(state, operation_id)
    state.operations.cancel(state.clock.time(), operation_id)
    state.runs.promote()
    return Response(status_code=204, headers=SUPPORTED)


@router.delete("")
def cancel_all_operations(state: State) -> Response:
    """Cancel every open operation of the whole catalog (204)."""
    state.operations.cancel(state.clock.time())
    state.runs.promote()
    return Response(status_code=204, headers=SUPPORTED)


def _require(state: EmulatorState, operation_id: str) -> Operation:
    operation = state.operations.get(operation_id)
    if operation is None:
        raise not_found(f"Operation '{operation_id}' not found.")
    return operation
