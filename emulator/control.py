"""Routes of `/_emulator`: what tests and demos turn, and what they read. No token is needed."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, Field, ValidationError

from emulator.blobs import MANAGED_ROOT, UPSTREAM_ROOT
from emulator.config import EmulatorConfig
from emulator.faults import Fault
from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.replies import reply
from emulator.state import State

router = APIRouter(prefix="/_emulator", tags=["control"])


class Advance(BaseModel):
    """How far to move the clock."""

    seconds: float = Field(ge=0, le=10 * 365 * 86400)


@router.get("/health")
def health(state: State) -> Response:
    """Say that the emulator is ready, and how many upstream Items it has."""
    try:
        release = version("geocatalog-flows")
    except PackageNotFoundError:
        release = "unknown"
    return reply({"status": "ok", "version": release, "items": state.upstream.count_items()})


@router.post("/reset")
def reset(state: State) -> Response:
    """Return to the state after start-up: an empty GeoCatalog, the upstream as loaded, no faults, no counts."""
    with state.operations.settling:
        state.operations.clear()
        state.runs.clear()
        state.catalog.clear()
        state.records.clear()
        for root in (MANAGED_ROOT, UPSTREAM_ROOT):  # of the upstream, what was uploaded
            state.blobs.delete_prefix(state.config.public_url + root)
        state.uploads.clear()
        state.upstream_changes.undo()
        state.faults.clear()
        state.requests.clear()
        state.secrets.clear()
        state.copernicus.clear()
        state.clock.reset()
        state.config = state.initial_config
    return reply({"status": "ok"})


@router.get("/config")
def get_config(state: State) -> Response:
    """Return the configuration in force."""
    return reply(state.config.model_dump())


@router.put("/config")
def change_config(state: State, body: JsonBody) -> Response:
    """Change the given members of the configuration; the others stay."""
    try:
        state.config = _changed(state.config, body)
    except ValidationError as error:
        raise HTTPException(400, error.errors(include_url=False, include_context=False)) from None
    return reply(state.config.model_dump())


def _changed(config: EmulatorConfig, body: Any) -> EmulatorConfig:
    if not isinstance(body, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return config.changed(body)


@router.post("/clock/advance")
def advance_clock(state: State, change: Advance) -> Response:
    """Move the emulator's time forward."""
    state.clock.advance(change.seconds)
    return reply({"now": state.clock.now().isoformat()})


@router.post("/faults")
def add_fault(state: State, fault: Fault) -> Response:
    """Let something fail (201)."""
    state.faults.add(fault)
    return reply(fault.model_dump(exclude_none=True), 201)


@router.get("/faults")
def list_faults(state: State) -> Response:
    """Return the faults that are still to happen."""
    return reply({"faults": state.faults.listed()})


@router.delete("/faults")
def clear_faults(state: State) -> Response:
    """Let nothing fail any more (204)."""
    state.faults.clear()
    return Response(status_code=204)


@router.get("/requests")
def get_requests(state: State) -> Response:
    """Return counts of requests by method, route template and status, and of submitted Items."""
    return reply(state.requests.summary())


@router.delete("/requests")
def clear_requests(state: State) -> Response:
    """Start counting from zero (204)."""
    state.requests.clear()
    return Response(status_code=204)
