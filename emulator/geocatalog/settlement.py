"""Applies the effects of operations whose time has come, in the order in which they end."""

import logging
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from emulator.clock import wire_time
from emulator.geocatalog.asset_access import AssetAccess
from emulator.geocatalog.batch import Batch
from emulator.geocatalog.bulk.documents import INGESTION_KIND, RUN_KIND
from emulator.geocatalog.bulk.steps import take_step
from emulator.geocatalog.downloads import Download
from emulator.geocatalog.ingest import IngestedItem, download_all, ingest_item, payload_items
from emulator.geocatalog.item_rules import ItemRejected
from emulator.geocatalog.managed_storage import container_url, item_prefix
from emulator.geocatalog.operation_document import DELETE_INGESTION
from emulator.geocatalog.operations import BULK_TYPES, Operation
from emulator.json_types import JsonDict
from emulator.state import EmulatorState

LOGGER = logging.getLogger("emulator")
BATCH = 50
"""Operations in one transaction: few enough not to hold up writers, many enough to be fast."""
DELETED_KIND = "deleted-collection"
MOSAIC_KIND = "mosaic"
DEFAULT_MOSAIC: JsonDict = {"id": "default", "name": "Default", "description": "", "cql": []}


def settle(state: EmulatorState) -> None:
    """Bring the catalog up to the present; to be called before anything reads or changes it."""
    if state.clock.time() < state.operations.next_due:
        return
    with state.operations.settling:
        while due := state.operations.due(state.clock.time(), BATCH):
            if due[0][0].type in BULK_TYPES:
                take_step(state, *due[0])
            else:
                _apply_all(state, list(takewhile(lambda entry: entry[0].type not in BULK_TYPES, due)))
        state.operations.plan_next()


def _apply_all(state: EmulatorState, due: list[tuple[Operation, Any]]) -> None:
    downloads = download_all(state, [payload for _, payload in due])
    with state.catalog.database.transaction():
        for operation, payload in due:
            _apply(state, operation, payload, downloads)


def _apply(state: EmulatorState, operation: Operation, payload: Any, downloads: dict[str, Download]) -> None:
    """Apply one effect; a mistake of the emulator fails that operation, not everything after it."""
    try:
        with state.catalog.database.transaction():
            EFFECTS[operation.type](state, operation, payload, downloads)
    except Exception as error:
        LOGGER.exception("operation %s (%s) could not be applied", operation.id, operation.type)
        text = f"The emulator failed: {type(error).__name__}: {error}"
        state.operations.finish(operation.id, "Failed", operation.total, "InternalError", text)


def _add_items(state: EmulatorState, operation: Operation, payload: Any, downloads: dict[str, Download]) -> None:
    access = AssetAccess(state, operation.ends, downloads)
    batch = Batch(state, operation.collection)
    for item in payload_items(payload):
        try:
            batch.add(item, access)
        except ItemRejected as rejected:
            batch.errors.append(rejected)
    batch.store()
    _finish(state, operation, batch.errors)


def _finish(state: EmulatorState, operation: Operation, errors: list[ItemRejected]) -> None:
    if not errors:
        state.operations.finish(operation.id, "Succeeded")
    elif operation.total == 1:
        state.operations.finish(operation.id, "Failed", 1, errors[0].code, errors[0].message)
    else:
        text = f"{len(errors)} of {operation.total} items of the batch failed."
        state.operations.finish(operation.id, "Failed", len(errors), "ErrorsInBatchOperation", text)


def _update_item(state: EmulatorState, operation: Operation, payload: Any, downloads: dict[str, Download]) -> None:
    try:
        old = state.catalog.get_item(operation.collection, operation.target)
        if old is None:
            raise _no_record("NoRecordsToPatch" if "patch" in payload else "NoRecordsToUpdate", "update", operation)
        item = merge_patch(old, payload["patch"]) if "patch" in payload else payload
        access = AssetAccess(state, operation.ends, downloads)
        ingested = ingest_item(state, item, operation.collection, access, kept=_untouched(payload))
        _forget_dropped_blobs(state, operation, old, ingested)
        Batch(state, operation.collection, {operation.target: ingested}).store()
    except ItemRejected as rejected:
        _finish(state, operation, [rejected])
    else:
        _finish(state, operation, [])


def _untouched(payload: JsonDict) -> Callable[[str], bool]:
    """Say which assets a patch leaves as they are; those are not fetched again."""
    if "patch" not in payload:
        return lambda _key: False
    touched = payload["patch"].get("assets") or {}
    return lambda key: "href" not in (touched.get(key) or {})


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _no_record(code: str, verb: str, operation: Operation) -> ItemRejected:
    where = f"in collection '{operation.collection}' to {verb}"
    return ItemRejected(code, f"Item '{operation.target}' does not exist {where}")


def _forget_dropped_blobs(state: EmulatorState, operation: Operation, old: JsonDict, new: IngestedItem) -> None:
    kept = {asset["href"] for asset in new.document["assets"].values()}
    prefix = item_prefix(state, operation.collection, operation.target)
    for asset in old["assets"].values():
        if asset["href"] not in kept and asset["href"].startswith(prefix):
            state.blobs.delete_prefix(asset["href"])


def _delete_item(state: EmulatorState, operation: Operation, _payload: Any, _downloads: dict[str, Download]) -> None:
    fault = state.faults.take_item(operation.collection, operation.target)
    if fault:
        _finish(state, operation, [ItemRejected(str(fault.code), fault.message or fault.error_text())])
    elif not state.catalog.delete_item(operation.collection, operation.target):
        _finish(state, operation, [_no_record("NoRecordsToDelete", "delete", operation)])
    else:
        state.blobs.delete_prefix(item_prefix(state, operation.collection, operation.target))
        _finish(state, operation, [])


def _add_collection(state: EmulatorState, operation: Operation, payload: Any, _downloads: dict[str, Download]) -> None:
    created = wire_time(operation.ends)
    state.catalog.put_collection({**payload, "msft:_created": created, "msft:_updated": created})
    state.records.put(MOSAIC_KIND, operation.collection, DEFAULT_MOSAIC["id"], DEFAULT_MOSAIC)
    _finish(state, operation, [])


def _delete_collection(
    state: EmulatorState, operation: Operation, _payload: Any, _downloads: dict[str, Download]
) -> None:
    if state.catalog.get_collection(operation.collection) is None:
        text = f"Collection '{operation.collection}' does not exist"
        _finish(state, operation, [ItemRejected("CollectionDoesNotExist", text)])
        return
    state.catalog.delete_collection(operation.collection)
    state.records.delete_scope(operation.collection)
    state.records.put(DELETED_KIND, "", operation.collection, {"at": operation.ends})
    state.blobs.delete_prefix(container_url(state, operation.collection) + "/")
    _finish(state, operation, [])


def _delete_ingestion(
    state: EmulatorState, operation: Operation, _payload: Any, _downloads: dict[str, Download]
) -> None:
    state.records.delete(INGESTION_KIND, operation.collection, operation.target)
    for run in state.records.list(RUN_KIND, operation.collection):
        if run["ingestion"] == operation.target:
            state.records.delete(RUN_KIND, operation.collection, run["id"])
    state.operations.finish(operation.id, "Succeeded")


Effect = Callable[[EmulatorState, Operation, Any, dict[str, Download]], None]
EFFECTS: dict[str, Effect] = {
    "AddItem": _add_items,
    "UpdateItem": _update_item,
    "DeleteItem": _delete_item,
    "AddCollection": _add_collection,
    "DeleteCollection": _delete_collection,
    DELETE_INGESTION: _delete_ingestion,
}
