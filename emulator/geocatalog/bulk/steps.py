"""How a bulk run advances: it reads its catalog, then brings in one Item after the other.

A step is taken whenever somebody looks and time has passed, so that progress can be watched
and a run that is canceled leaves what it has done.
"""

import logging
from typing import Any

from emulator.chance import unit_interval
from emulator.geocatalog.asset_access import AssetAccess
from emulator.geocatalog.batch import Batch
from emulator.geocatalog.bulk.catalogs import item_hrefs, read_file, read_item
from emulator.geocatalog.bulk.geoparquet import geoparquet_items
from emulator.geocatalog.bulk.run_queue import Work
from emulator.geocatalog.downloads import Download
from emulator.geocatalog.ingest import download_all
from emulator.geocatalog.item_rules import ItemRejected
from emulator.geocatalog.operations import Operation
from emulator.json_types import JsonDict
from emulator.state import EmulatorState

LOGGER = logging.getLogger("emulator")
STEP_ITEMS = 200
"""Items in one transaction."""


def take_step(state: EmulatorState, operation: Operation, payload: Any) -> None:
    """Let the run at work do what is due; at its end the next one in the queue gets its turn."""
    try:
        _ingest(state, operation, payload) if payload.get("read") else _read(state, operation, payload)
    except ItemRejected as rejected:
        _end(state, operation, "Failed", 0, rejected)
    except Exception as error:
        LOGGER.exception("bulk run %s could not be advanced", operation.id)
        text = f"The emulator failed: {type(error).__name__}: {error}"
        _end(state, operation, "Failed", operation.failed, ItemRejected("InternalError", text))


def _read(state: EmulatorState, operation: Operation, payload: Any) -> None:
    access = AssetAccess(state, operation.starts, {})
    sources: list[Any]
    if payload["importType"] == "StacGeoparquet":
        sources = geoparquet_items(read_file(state, payload["url"], access), payload["url"])
    else:
        sources = item_hrefs(state, payload["url"], access)
    ready = operation.starts + payload["reading_seconds"]
    state.runs.start(operation, payload, _planned(state, operation, sources, ready), ready)


def _planned(
    state: EmulatorState, operation: Operation, sources: list[Any], ready: float
) -> list[tuple[float, str | JsonDict]]:
    """Give each Item its share of time: half to one and a half times the configured mean."""
    mean, seed = state.config.operations.bulk_item_seconds, state.config.seed
    done, planned = ready, []
    for number, source in enumerate(sources):
        done += mean * (0.5 + unit_interval(seed, operation.type, operation.collection, operation.target, number))
        planned.append((done, source))
    return planned


def _ingest(state: EmulatorState, operation: Operation, payload: Any) -> None:
    work = state.runs.due(operation, state.clock.time(), STEP_ITEMS)
    items = [_item(state, operation, entry) for entry in work]
    downloads = download_all(state, [item for item in items if isinstance(item, dict)])
    with state.catalog.database.transaction():
        failed = _store(state, operation, payload, work, items, downloads)
        more = state.runs.advance(operation, work, failed)
    if not more:
        failed += operation.failed
        text = f"{failed} of {operation.total} items of the batch failed."
        error = ItemRejected("ErrorsInBatchOperation", text) if failed else None
        _end(state, operation, "Failed" if failed else "Succeeded", failed, error)


def _item(state: EmulatorState, operation: Operation, work: Work) -> JsonDict | ItemRejected:
    try:
        source = work.source
        item = read_item(state, source, AssetAccess(state, work.done, {})) if isinstance(source, str) else source
    except ItemRejected as rejected:
        return rejected
    if not (isinstance(item, dict) and isinstance(item.get("id"), str)):
        return ItemRejected("StacValidationFailed", "STAC validation failed: 'id' is a required property")
    return {**item, "collection": item.get("collection") or operation.collection}


def _store(
    state: EmulatorState,
    operation: Operation,
    payload: Any,
    work: list[Work],
    items: list[JsonDict | ItemRejected],
    downloads: dict[str, Download],
) -> int:
    """Ingest the Items of one step; return how many failed. Which ones is told to nobody, as in the service."""
    batch, failed = Batch(state, operation.collection), 0
    for entry, item in zip(work, items, strict=True):
        try:
            if isinstance(item, ItemRejected):
                raise item
            if not (payload["skipExistingItems"] and batch.has(item["id"])):
                batch.add(item, AssetAccess(state, entry.done, downloads))
        except ItemRejected as rejected:
            failed += 1
            LOGGER.info("bulk run %s: %s", operation.id, rejected)
    batch.store()
    return failed


def _end(state: EmulatorState, operation: Operation, outcome: str, failed: int, error: ItemRejected | None) -> None:
    code, message = (error.code, error.message) if error else (None, None)
    state.operations.finish(operation.id, outcome, failed, code, message)
    state.runs.forget_work(operation.id)
    state.runs.promote()
