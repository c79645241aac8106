"""Ingestions and their runs as the service shows them, and what it demands of them."""

from typing import Any
from urllib.parse import urlsplit

from emulator.clock import wire_time
from emulator.geocatalog.errors import invalid
from emulator.geocatalog.operation_document import status_history
from emulator.geocatalog.operations import Operation
from emulator.json_types import JsonDict

INGESTION_KIND, RUN_KIND = "ingestion", "ingestion-run"
URL_NAMES = {"StaticCatalog": "sourceCatalogUrl", "StacGeoparquet": "stacGeoparquetUrl"}
"""Import types, and the member that says where to read."""
_SWITCHES = ("skipExistingItems", "keepOriginalAssets")


def check_ingestion(body: Any, api_version: str) -> JsonDict:
    """Return the members that describe an ingestion.

    Raises:
        GeoCatalogError: 400, says what is wrong.
    """
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    kind = body.get("importType")
    known = [name for name in URL_NAMES if name == "StaticCatalog" or api_version != "2025-04-30-preview"]
    if kind not in known:
        raise invalid(f"importType must be one of {', '.join(known)}.")
    _check_url(URL_NAMES[kind], body.get(URL_NAMES[kind]))
    if not isinstance(body.get("displayName"), str | None):
        raise invalid("displayName must be a text.")
    for name in _SWITCHES:
        if not isinstance(body.get(name), bool | None):
            raise invalid(f"{name} must be true or false.")
    named = {"importType": kind} | ({"displayName": body["displayName"]} if body.get("displayName") else {})
    return {**named, URL_NAMES[kind]: body[URL_NAMES[kind]], **{name: bool(body.get(name)) for name in _SWITCHES}}


def _check_url(name: str, url: Any) -> None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.path.strip("/"):
        raise invalid(f"{name} must be the URL of a file.")


def source_url(ingestion: JsonDict) -> str:
    """Return where an ingestion reads."""
    return str(ingestion[URL_NAMES[ingestion["importType"]]])


def run_document(run: JsonDict, operation: Operation, now: float) -> JsonDict:
    """Return the wire form of a run; its counters are numbers, unlike those of an operation."""
    shown = {name: value for name, value in run.items() if name not in ("ingestion", "operation")}
    return {**shown, "operation": _run_operation(operation, now)}


def _run_operation(operation: Operation, now: float) -> JsonDict:
    document: JsonDict = {
        "id": operation.id,
        "status": operation.status(now),
        "statusHistory": status_history(operation, now),
        "creationTime": wire_time(operation.created),
    }
    if now >= operation.starts and not (operation.outcome and operation.ends < operation.starts):
        document["startTime"] = wire_time(operation.starts)
    if operation.outcome:
        document["finishTime"] = wire_time(operation.ends)
    counts = {
        "totalItems": operation.total,
        "totalPendingItems": operation.total - operation.done - operation.failed,
        "totalSuccessfulItems": operation.done,
        "totalFailedItems": operation.failed,
    }
    return {**document, **counts}
