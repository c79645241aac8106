"""An operation as the service shows it."""

from emulator.clock import wire_time
from emulator.geocatalog.operations import BULK_TYPES, Operation
from emulator.json_types import JsonDict

COLLECTION_TYPES = ("AddCollection", "DeleteCollection")
DELETE_INGESTION = "DeleteIngestion"


def operation_document(operation: Operation, now: float) -> JsonDict:
    """Return the wire form at `now`.

    `statusHistory` ends with `Finished` where `status` is `Succeeded`; the error is nested twice.
    """
    document: JsonDict = {
        "id": operation.id,
        "status": operation.status(now),
        "statusHistory": status_history(operation, now),
        "type": operation.type,
        "creationTime": wire_time(operation.created),
        "collectionId": operation.collection,
    }
    if operation.type == DELETE_INGESTION:
        document |= {**_times(operation), "additionalInformation": {"IngestionId": operation.target}}
    elif operation.outcome and operation.type not in COLLECTION_TYPES:
        document |= _item_results(operation)
    if operation.error_code:
        document["error"] = {"error": {"code": operation.error_code, "message": operation.error_message}}
    return document


def status_history(operation: Operation, now: float) -> list[JsonDict]:
    """Return what the operation has gone through by `now`."""
    if _canceled_while_pending(operation):
        return [_last_entry(operation)]
    history: list[JsonDict] = [{"status": "Pending", "timestamp": wire_time(operation.created)}]
    if now >= operation.starts:
        history.append({"status": "Running", "timestamp": wire_time(operation.starts)})
    return [*history, _last_entry(operation)] if operation.outcome else history


def _last_entry(operation: Operation) -> JsonDict:
    status = "Finished" if operation.outcome == "Succeeded" else operation.outcome
    entry: JsonDict = {"status": status, "timestamp": wire_time(operation.ends)}
    if operation.outcome == "Failed":
        entry |= {"errorCode": operation.error_code, "errorMessage": operation.error_message}
    if operation.outcome == "Canceled":
        text = f"Operation '{operation.id}' for collection '{operation.collection}' has been cancelled"
        entry |= {"errorCode": "CanceledOperation", "errorMessage": text}
    return entry


def _item_results(operation: Operation) -> JsonDict:
    counts = {
        "TotalFailedItems": operation.failed,
        "TotalItems": operation.total,
        "TotalPendingItems": operation.total - operation.failed - (done := _done(operation)),
        "TotalSuccessfulItems": done,
    }
    texts = {name: str(count) for name, count in counts.items()}
    return {**_times(operation), "additionalInformation": texts}


def _done(operation: Operation) -> int:
    if operation.type in BULK_TYPES:
        return operation.done
    return 0 if operation.outcome == "Canceled" else operation.total - operation.failed


def _times(operation: Operation) -> JsonDict:
    if not operation.outcome:
        return {}
    finish = {"finishTime": wire_time(operation.ends)}
    return finish if _canceled_while_pending(operation) else {"startTime": wire_time(operation.created), **finish}


def _canceled_while_pending(operation: Operation) -> bool:
    return operation.outcome == "Canceled" and operation.ends < operation.starts
