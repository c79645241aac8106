"""Classes of failure, by what is done next, and the class of each error code of the GeoCatalog's ingestion."""

from enum import StrEnum

from pydantic import BaseModel


class FailureClass(StrEnum):
    """What is done about a failed Item."""

    TRANSIENT = "transient"
    """Repeat."""
    SOURCE_ACCESS = "source-access"
    """Renew the ingestion source, then repeat once."""
    CONFLICT = "conflict"
    """Read back: equal is done."""
    PERMANENT = "permanent"
    """Nothing but a change of the Item, or of the Collection, helps."""


OPERATION_TIMEOUT = "OperationTimeout"
"""Code of an Item whose operation had not ended when the run gave up waiting: it may yet end by itself."""

_CLASS_OF_CODE = {
    "InternalIntermitentError": FailureClass.TRANSIENT,  # sic: the service spells it so
    "InternalError": FailureClass.TRANSIENT,
    "IngestionResourceTimeout": FailureClass.TRANSIENT,
    "IngestionResourceConnectionFailed": FailureClass.TRANSIENT,
    "GenericHttpIngestionError": FailureClass.TRANSIENT,
    "CogTransformationTimeout": FailureClass.TRANSIENT,
    OPERATION_TIMEOUT: FailureClass.TRANSIENT,
    "CanceledOperation": FailureClass.TRANSIENT,
    "OperationIsCanceled": FailureClass.TRANSIENT,
    "IngestionAuthenticationFailed": FailureClass.SOURCE_ACCESS,
    "IngestionResourceForbidden": FailureClass.SOURCE_ACCESS,
    "PublicAccessRestricted": FailureClass.SOURCE_ACCESS,
    "ItemAlreadyExistsInCollection": FailureClass.CONFLICT,
    "DiffersFromSource": FailureClass.CONFLICT,
    "NotFoundInCatalog": FailureClass.TRANSIENT,
    "AssetUnreadable": FailureClass.TRANSIENT,
    "Stopped": FailureClass.TRANSIENT,
}


def classify(code: str) -> FailureClass:
    """Return the class of an ingestion error code; an unknown code counts as permanent.

    Source: error-codes-ingestion in the Planetary Computer Pro documentation, and recordings of the service.
    """
    return _CLASS_OF_CODE.get(code, FailureClass.PERMANENT)


class Failure(BaseModel):
    """Why an Item is not as requested.

    Attributes:
        code: the service's error code, or one of ours (`NotFoundInCatalog`, `AssetUnreadable`, `DiffersFromSource`,
            `PreflightRejected`, `OperationTimeout`, `Stopped`).
        message: the service's own sentence, or ours; no tokens.
        kind: class of the failure.
    """

    code: str
    message: str
    kind: FailureClass

    @classmethod
    def of(cls, code: str, message: str) -> "Failure":
        """Return the failure with the class that its code has."""
        return cls(code=code, message=message, kind=classify(code))
