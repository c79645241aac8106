"""Begins long-running operations with a duration that follows from the seed."""

from emulator.chance import unit_interval
from emulator.geocatalog.operation_document import COLLECTION_TYPES, DELETE_INGESTION, operation_document
from emulator.geocatalog.operations import NewOperation
from emulator.json_types import JsonDict
from emulator.state import EmulatorState


def begin(state: EmulatorState, new: NewOperation) -> JsonDict:
    """Accept an operation; return its document, which is `Pending`."""
    now = state.clock.time()
    slots = state.config.operations.slots
    operation = state.operations.begin(new, now, operation_seconds(state, new), slots)
    # a duration of 0 has started at once; the answer to the write is Pending all the same
    return operation_document(operation, now if now < operation.starts else now - 1)


def operation_seconds(state: EmulatorState, new: NewOperation) -> float:
    """Return how long an operation takes, Items of a bulk run apart."""
    config = state.config.operations
    low, high = config.min_seconds, config.max_seconds
    if new.type in COLLECTION_TYPES:
        low, high = config.collection_min_seconds, config.collection_max_seconds
    attempt = state.operations.attempts(new)
    target = "" if new.type == DELETE_INGESTION else new.target  # its id is random
    return low + (high - low) * unit_interval(state.config.seed, new.type, new.collection, target, attempt)
