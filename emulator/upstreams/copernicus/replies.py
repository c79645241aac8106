"""Answers in the forms of the three hosts."""

import uuid
from typing import Any

import orjson
from fastapi import Response

from emulator.json_types import JsonDict


def reply(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(document), status, headers, "application/json")


def catalogue_refusal(message: str, status: int = 400) -> Response:
    """Refuse as the catalogue does."""
    return reply({"detail": {"message": message, "request_id": str(uuid.uuid4())}}, status)


def above_limit(name: str, value: int, limit: int) -> Response:
    """Refuse a number that is too large, in the form of the catalogue's announcement: 422."""
    error: JsonDict = {"type": "less_than_equal", "loc": ["query", name]}
    error |= {"msg": f"Input should be less than or equal to {limit}", "input": str(value), "ctx": {"le": limit}}
    return reply({"detail": [error]}, 422)


def download_refusal(status: int, code: str, message: str) -> Response:
    """Refuse as the download host does."""
    return reply({"trace-id": uuid.uuid4().hex, "code": code, "message": message}, status)
