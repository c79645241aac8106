"""Responses in the GeoCatalog's media types and headers."""

from typing import Any

import orjson
from fastapi import Response

API_VERSIONS = ("2025-04-30-preview", "2026-04-15")
SUPPORTED = {"api-supported-versions": ", ".join(API_VERSIONS)}
JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA_JSON = "application/schema+json"


def reply(content: Any, status: int = 200, media_type: str = JSON, headers: dict[str, str] | None = None) -> Response:
    """Answer with a JSON document, as the STAC part of the service does."""
    return Response(orjson.dumps(content), status, headers, media_type)


def inma_reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer as the ingestion service does: with charset and the supported api-versions."""
    media_type = "application/json; charset=utf-8"
    return reply(content, status, media_type, {**SUPPORTED, **(headers or {})})


def accepted(operation: dict[str, Any], public_url: str, api_version: str) -> Response:
    """Answer 202 for a long-running operation; there is no Retry-After."""
    url = f"{public_url}/inma/operations/{operation['id']}?api-version={api_version}"
    return inma_reply(operation, 202, {"Location": url, "operation-location": url})
