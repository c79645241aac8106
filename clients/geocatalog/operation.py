"""Operations: what the GeoCatalog answers where the work goes on after the answer."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from models.area import JsonDict
from models.failure import Failure
from models.redact import redact

ENDED = ("Succeeded", "Failed", "Canceled")
"""Terminal statuses. `Pending`, `Running` and `Canceling` are not; `Finished` occurs in the history only."""


class Operation(BaseModel):
    """One operation of `GET /inma/operations/{id}`.

    Attributes:
        id: UUID.
        status: Pending, Running, Succeeded, Canceling, Canceled or Failed.
        type: such as AddItem, UpdateItem, DeleteItem, AddCollection.
        failed_items: Items that failed, of an operation on Items; 0 of others.
        failure: cause, of an operation that failed or was canceled.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    status: str
    type: str = ""
    failed_items: int = 0
    failure: Failure | None = None

    @property
    def has_ended(self) -> bool:
        """Tell whether the status will not change any more."""
        return self.status in ENDED

    @property
    def has_succeeded(self) -> bool:
        """Tell whether all of it succeeded: a batch can end as `Succeeded` with failed Items."""
        return self.status == "Succeeded" and self.failed_items == 0

    @classmethod
    def parse(cls, body: JsonDict) -> "Operation":
        """Return the operation that the service's JSON describes."""
        counts = body.get("additionalInformation") or {}
        return cls(
            id=body["id"],
            status=body["status"],
            type=body.get("type") or "",
            failed_items=int(counts.get("TotalFailedItems") or 0),  # the service sends strings
            failure=_failure_of(body),
        )


def _failure_of(body: JsonDict) -> Failure | None:
    history = body.get("statusHistory") or [{}]
    failed = body["status"] in ("Failed", "Canceled")
    if not failed and not int((body.get("additionalInformation") or {}).get("TotalFailedItems") or 0):
        return None
    nested = _innermost(body.get("error"))
    code = (
        history[-1].get("errorCode")
        or nested.get("code")
        or ("CanceledOperation" if body["status"] == "Canceled" else "Unknown")
    )
    message = history[-1].get("errorMessage") or nested.get("message") or f"The operation ended as {body['status']}."
    return Failure.of(code, redact(message))


def _innermost(error: Any) -> JsonDict:
    """Return the error object: the service nests it twice, hand-written examples once."""
    while isinstance(error, dict) and isinstance(error.get("error"), dict):
        error = error["error"]
    return error if isinstance(error, dict) else {}
