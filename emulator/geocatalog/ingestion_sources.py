"""Routes of `/inma/ingestion-sources`."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response

from emulator.clock import wire_time
from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.errors import conflict, not_found
from emulator.geocatalog.ingestion_source import (
    SECRET_KIND,
    SOURCE_KIND,
    check_source,
    shown_connection,
    source_key,
)
from emulator.geocatalog.paging import DEFAULT_TOP, Skip, Top, paged
from emulator.geocatalog.replies import SUPPORTED, inma_reply
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/inma/ingestion-sources", tags=["ingestion sources"])
IDENTITY: JsonDict = {
    "objectId": "8d3c7f5e-0b1a-4d6c-9a55-2f4e6c1d7b90",
    "resourceId": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.ManagedIdentity/userAssignedIdentities/geocatalog-emulator",
}


@router.get("")
def list_sources(request: Request, state: State, top: Top = DEFAULT_TOP, skip: Skip = 0) -> Response:
    """List sources without their connectionInfo."""
    found = state.records.list(SOURCE_KIND)[skip : skip + top + 1]
    shown = [{name: source[name] for name in ("id", "kind", "created")} for source in found]
    return inma_reply(paged(request, state.config.public_url, shown, top, skip))


@router.get("/managed-identities")
def list_managed_identities() -> Response:
    """List the identities that a BlobManagedIdentity source may name."""
    return inma_reply({"value": [IDENTITY]})


@router.post("")
def create_source(state: State, body: JsonBody) -> Response:
    """Create a source (201) under an id of the service's own; 409 when its container has one."""
    connection = check_source(body)
    source_id = str(uuid.uuid4())
    with state.catalog.database.transaction():
        _check_free(state, connection["containerUrl"])
        source = _store(state, source_id, body, wire_time(state.clock.time()))
    location = f"{state.config.public_url}/inma/ingestion-sources/{source_id}"
    return inma_reply(source, 201, {"Location": location})


@router.get("/{source_id}")
def get_source(state: State, source_id: str) -> Response:
    """Return one source; never its SAS."""
    return inma_reply(_require(state, source_id))


@router.put("/{source_id}")
def replace_source(state: State, source_id: str, body: JsonBody) -> Response:
    """Replace a source (200), such as with a new SAS; the answer has no `created`."""
    connection = check_source(body)
    with state.catalog.database.transaction():
        old = _require(state, source_id)
        if source_key(connection["containerUrl"]) != source_key(old["connectionInfo"]["containerUrl"]):
            _check_free(state, connection["containerUrl"])
        _delete(state, old)
        source = _store(state, source_id, body, old["created"])
    return inma_reply({name: value for name, value in source.items() if name != "created"})


@router.delete("/{source_id}")
def delete_source(state: State, source_id: str) -> Response:
    """Delete a source (204)."""
    with state.catalog.database.transaction():
        _delete(state, _require(state, source_id))
    return Response(status_code=204, headers=SUPPORTED)


def _check_free(state: EmulatorState, container_url: str) -> None:
    there = state.records.get(SOURCE_KIND, "", source_key(container_url))
    if there:
        kind = "SAS token" if there["kind"] == "SasToken" else "managed identity"
        text = f"Container url {container_url} already contains a {kind} ingestion source with id {there['id']}"
        raise conflict(text)


def _store(state: EmulatorState, source_id: str, body: JsonDict, created: str) -> JsonDict:
    kind, connection = body["kind"], body["connectionInfo"]
    shown: JsonDict = {"id": source_id, "kind": kind, "created": created}
    shown["connectionInfo"] = shown_connection(kind, connection)
    state.records.put(SOURCE_KIND, "", source_key(connection["containerUrl"]), shown)
    if kind == "SasToken":
        state.records.put(SECRET_KIND, "", source_id, {"sasToken": connection["sasToken"]})
    return shown


def _delete(state: EmulatorState, source: JsonDict) -> None:
    state.records.delete(SOURCE_KIND, "", source_key(source["connectionInfo"]["containerUrl"]))
    state.records.delete(SECRET_KIND, "", source["id"])


def _require(state: EmulatorState, source_id: str) -> Any:
    for source in state.records.list(SOURCE_KIND):
        if source["id"] == source_id:
            return source
    raise not_found(f"Ingestion source '{source_id}' not found.")
