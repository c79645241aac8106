"""Routes of `/inma/collections/{collectionId}/ingestions`: bulk ingestion and its runs."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from emulator.clock import wire_time
from emulator.geocatalog.access import ApiVersion, JsonBody
from emulator.geocatalog.beginning import begin, operation_seconds
from emulator.geocatalog.bulk.documents import INGESTION_KIND, RUN_KIND, check_ingestion, run_document, source_url
from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.errors import conflict, invalid, not_found
from emulator.geocatalog.operation_document import DELETE_INGESTION
from emulator.geocatalog.operations import PENDING_SHARE, NewOperation, Operation
from emulator.geocatalog.paging import DEFAULT_TOP, Skip, Top, paged
from emulator.geocatalog.replies import accepted, inma_reply
from emulator.geocatalog.settlement import merge_patch
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/inma/collections/{collection_id}/ingestions", tags=["bulk ingestion"])


@router.get("")
def list_ingestions(
    request: Request, state: State, collection_id: str, top: Top = DEFAULT_TOP, skip: Skip = 0
) -> Response:
    """List the ingestions of a Collection, oldest first."""
    require_collection(state, collection_id)
    found = state.records.list(INGESTION_KIND, collection_id)[skip : skip + top + 1]
    return inma_reply(paged(request, state.config.public_url, found, top, skip))


@router.post("")
def create_ingestion(state: State, collection_id: str, body: JsonBody, api_version: ApiVersion) -> Response:
    """Create an ingestion (201); nothing is read before it is run."""
    require_collection(state, collection_id)
    described = check_ingestion(body, api_version)
    ingestion = {"id": str(uuid.uuid4()), "creationTime": wire_time(state.clock.time()), **described, "status": "Ready"}
    state.records.put(INGESTION_KIND, collection_id, ingestion["id"], ingestion)
    return inma_reply(ingestion, 201, {"Location": f"{_root(state, collection_id)}/{ingestion['id']}"})


@router.get("/{ingestion_id}")
def get_ingestion(state: State, collection_id: str, ingestion_id: str) -> Response:
    """Return one ingestion."""
    return inma_reply(_require(state, collection_id, ingestion_id))


@router.patch("/{ingestion_id}")
def update_ingestion(
    state: State, collection_id: str, ingestion_id: str, body: JsonBody, api_version: ApiVersion
) -> Response:
    """Merge a patch (RFC 7396) into an ingestion (200); runs that were begun keep what they were begun with."""
    with state.catalog.database.transaction():
        old = _require(state, collection_id, ingestion_id)
        if not isinstance(body, dict):
            raise invalid("The request body must be a merge patch.", "PatchValidation")
        kept = {name: old[name] for name in ("id", "creationTime", "status")}
        changed = {**kept, **check_ingestion(merge_patch(old, body), api_version)}
        state.records.put(INGESTION_KIND, collection_id, ingestion_id, changed)
    return inma_reply(changed)


@router.delete("/{ingestion_id}")
def delete_ingestion(state: State, collection_id: str, ingestion_id: str, api_version: ApiVersion) -> Response:
    """Begin to delete an ingestion and its runs (202); 409 while one of them has not ended."""
    with state.catalog.database.transaction():
        ingestion = _require_ready(state, collection_id, ingestion_id)
        if any(operation.outcome is None for _, operation in _runs(state, collection_id, ingestion_id)):
            raise conflict(f"Ingestion '{ingestion_id}' has runs that have not ended.")
        state.records.put(INGESTION_KIND, collection_id, ingestion_id, {**ingestion, "status": "Deleting"})
        operation = begin(state, NewOperation(DELETE_INGESTION, collection_id, ingestion_id))
    return accepted(operation, state.config.public_url, api_version)


@router.get("/{ingestion_id}/runs")
def list_runs(
    request: Request, state: State, collection_id: str, ingestion_id: str, top: Top = DEFAULT_TOP, skip: Skip = 0
) -> Response:
    """List the runs of an ingestion, oldest first."""
    _require(state, collection_id, ingestion_id)
    now = state.clock.time()
    found = _runs(state, collection_id, ingestion_id)[skip : skip + top + 1]
    documents = [run_document(run, operation, now) for run, operation in found]
    return inma_reply(paged(request, state.config.public_url, documents, top, skip))


@router.post("/{ingestion_id}/runs")
def create_run(state: State, collection_id: str, ingestion_id: str) -> Response:
    """Queue a run (201): one at a time is executed, of the whole catalog."""
    with state.catalog.database.transaction():
        ingestion = _require_ready(state, collection_id, ingestion_id)
        operation = _begin_run(state, collection_id, ingestion)
        shown = ("sourceCatalogUrl", "skipExistingItems", "keepOriginalAssets")
        run: JsonDict = {"id": str(uuid.uuid4()), "creationTime": wire_time(operation.created)}
        run |= {name: ingestion[name] for name in shown if name in ingestion}
        run |= {"ingestion": ingestion_id, "operation": operation.id}
        state.records.put(RUN_KIND, collection_id, run["id"], run)
    location = f"{_root(state, collection_id)}/{ingestion_id}/runs/{run['id']}"
    return inma_reply(run_document(run, operation, operation.created), 201, {"Location": location})


@router.get("/{ingestion_id}/runs/{run_id}")
def get_run(state: State, collection_id: str, ingestion_id: str, run_id: str) -> Response:
    """Return one run."""
    _require(state, collection_id, ingestion_id)
    for run, operation in _runs(state, collection_id, ingestion_id):
        if run["id"] == run_id:
            return inma_reply(run_document(run, operation, state.clock.time()))
    raise not_found(f"Run '{run_id}' not found for ingestion '{ingestion_id}'.")


def _begin_run(state: EmulatorState, collection_id: str, ingestion: JsonDict) -> Operation:
    url, kind = source_url(ingestion), ingestion["importType"]
    payload: dict[str, Any] = {"importType": kind, "url": url, "skipExistingItems": ingestion["skipExistingItems"]}
    new = NewOperation(f"Ingestion{kind}", collection_id, urlsplit(url).path)
    seconds = operation_seconds(state, new)
    payload["reading_seconds"] = (1 - PENDING_SHARE) * seconds
    new = NewOperation(new.type, collection_id, new.target, payload=payload)
    return state.runs.enqueue(new, state.clock.time(), PENDING_SHARE * seconds)


def _runs(state: EmulatorState, collection_id: str, ingestion_id: str) -> list[tuple[JsonDict, Operation]]:
    runs = [run for run in state.records.list(RUN_KIND, collection_id) if run["ingestion"] == ingestion_id]
    found = [(run, state.operations.get(run["operation"])) for run in runs]
    return [(run, operation) for run, operation in found if operation]


def _require(state: EmulatorState, collection_id: str, ingestion_id: str) -> JsonDict:
    require_collection(state, collection_id)
    ingestion = state.records.get(INGESTION_KIND, collection_id, ingestion_id)
    if ingestion is None:
        raise not_found(f"Ingestion '{ingestion_id}' not found for collection '{collection_id}'.")
    return ingestion


def _require_ready(state: EmulatorState, collection_id: str, ingestion_id: str) -> JsonDict:
    ingestion = _require(state, collection_id, ingestion_id)
    if ingestion["status"] != "Ready":
        raise conflict(f"Ingestion '{ingestion_id}' is being deleted.")
    return ingestion


def _root(state: EmulatorState, collection_id: str) -> str:
    return f"{state.config.public_url}/inma/collections/{collection_id}/ingestions"
