"""Answers with the headers of the Batch service."""

import uuid
from typing import Annotated

import orjson
from fastapi import Depends, Request, Response

from emulator.azure_batch.account import Account
from emulator.azure_batch.documents import headers_of
from emulator.azure_batch.errors import BatchError, invalid_value
from emulator.azure_batch.records import Stamped
from emulator.geocatalog.replies import reply
from emulator.json_types import JsonDict

MEDIA_TYPE = "application/json; odata=minimalmetadata"
MAX_BODY = 1024 * 1024
"""Bytes of a request, as the service documents."""


def common_headers(thing: Stamped | None = None) -> dict[str, str]:
    """Return the headers of every answer, and those of one about a thing."""
    return {"request-id": str(uuid.uuid4()), "DataServiceVersion": "3.0", **(headers_of(thing) if thing else {})}


def answer(document: JsonDict, thing: Stamped | None = None) -> Response:
    """Answer 200 with a document."""
    return reply(document, 200, MEDIA_TYPE, common_headers(thing))


def done(status: int, request: Request, thing: Stamped | None = None) -> Response:
    """Answer without a body."""
    headers = {"DataServiceId": str(request.url).partition("?")[0], **common_headers(thing)}
    return Response(status_code=status, headers=headers)


def account_of(request: Request) -> Account:
    """Return the account (FastAPI dependency)."""
    account: Account = request.app.state.account
    return account


def root_of(request: Request) -> str:
    """Return the account's URL, without a slash at its end (FastAPI dependency)."""
    return str(request.base_url).rstrip("/")


async def body_of(request: Request) -> JsonDict:
    """Return the request's JSON object (FastAPI dependency).

    Raises:
        BatchError: 413, it is too large; 400, it is none.
    """
    sent = await request.body()
    if len(sent) > MAX_BODY:
        raise BatchError(413, "RequestBodyTooLarge", "The request body is too large.", MaxLimit=str(MAX_BODY))
    try:
        body = orjson.loads(sent or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise invalid_value("body", "It must be a JSON object")
    return body


CurrentAccount = Annotated[Account, Depends(account_of)]
Root = Annotated[str, Depends(root_of)]
Body = Annotated[JsonDict, Depends(body_of)]
