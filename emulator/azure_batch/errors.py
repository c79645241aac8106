"""Errors of the Batch service, with its own codes and its own body."""

import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from emulator.geocatalog.replies import reply

METADATA = "http://local/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element"


class BatchError(Exception):
    """An answer other than success.

    Args:
        status: HTTP status code.
        code: such as `TaskNotFound`.
        message: the service's sentence.
        values: further details, as `values` of the body.
    """

    def __init__(self, status: int, code: str, message: str, **values: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.values = values

    @property
    def body(self) -> dict[str, Any]:
        """The body of the answer; the message ends with the request's id and time, as the service's does."""
        trail = f"\nRequestId:{uuid.uuid4()}\nTime:{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return {
            "odata.metadata": METADATA,
            "code": self.code,
            "message": {"lang": "en-US", "value": self.message + trail},
            "values": [{"key": key, "value": value} for key, value in self.values.items()],
        }


async def answer_batch_error(_request: Request, error: Exception) -> Response:
    """Answer a `BatchError` (FastAPI exception handler)."""
    assert isinstance(error, BatchError)  # noqa: S101 - for the type checker
    return reply(error.body, error.status, "application/json; odata=minimalmetadata")


def not_found(kind: str) -> BatchError:
    """Return 404 for a `Pool`, `Job`, `Task`, `Node` or `File`."""
    return BatchError(404, f"{kind}NotFound", f"The specified {kind.lower()} does not exist.")


def exists(kind: str) -> BatchError:
    """Return 409 for what has been created before."""
    return BatchError(409, f"{kind}Exists", f"The specified {kind.lower()} already exists.")


def invalid_value(name: str, reason: str) -> BatchError:
    """Return 400 for a property of the body."""
    message = "The value provided for one of the properties in the request body is invalid."
    return BatchError(400, "InvalidPropertyValue", message, PropertyName=name, Reason=reason)


def invalid_query(name: str, reason: str) -> BatchError:
    """Return 400 for a query parameter."""
    message = "Value for one of the query parameters specified in the request URI is invalid."
    return BatchError(400, "InvalidQueryParameterValue", message, QueryParameterName=name, Reason=reason)
