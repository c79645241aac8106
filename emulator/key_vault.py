"""A Key Vault at `/key-vault`, as its REST API has it: set a secret, get it, in versions.

Secrets are kept in memory; nothing behind the emulator is secret.
"""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response

from emulator.geocatalog.access import JsonBody
from emulator.geocatalog.replies import reply
from emulator.identity import TokenRefused, check_bearer
from emulator.state import State

AUDIENCE = "https://vault.azure.net"
router = APIRouter(prefix="/key-vault/secrets", tags=["key vault"])


@router.put("/{name}")
def set_secret(name: str, body: JsonBody, request: Request, state: State) -> Response:
    """Set a secret: a new version of it."""
    if refusal := _refusal(request, state):
        return refusal
    version = uuid.uuid4().hex
    state.secrets.setdefault(name, {})[version] = str(body["value"])
    return reply(_bundle(state, name, version, str(body["value"])))


@router.get("/{name}")
@router.get("/{name}/{version}")
def get_secret(name: str, request: Request, state: State, version: str = "") -> Response:
    """Return a version of a secret, the newest if none is named."""
    if refusal := _refusal(request, state):
        return refusal
    versions = state.secrets.get(name, {})
    version = version or next(reversed(versions), "")
    if version not in versions:
        text = f"A secret with (name/id) {name} was not found in this key vault."
        return _error(404, "SecretNotFound", text)
    return reply(_bundle(state, name, version, versions[version]))


def _refusal(request: Request, state: State) -> Response | None:
    try:
        caller = check_bearer(request.headers.get("authorization"), state.clock.time(), AUDIENCE)
    except TokenRefused as refused:
        challenge = f'Bearer authorization="{state.config.public_url}/identity", resource="{AUDIENCE}"'
        return _error(401, "Unauthorized", f"AKV10000: {refused}", {"WWW-Authenticate": challenge})
    if not caller.may_read():
        return _error(403, "Forbidden", "Caller is not authorized to perform action on resource.")
    if not request.query_params.get("api-version"):
        return _error(400, "BadParameter", "api-version must be specified")
    return None


def _bundle(state: State, name: str, version: str, value: str) -> dict[str, Any]:
    now = int(state.clock.time())
    return {
        "value": value,
        "id": f"{state.config.public_url}/key-vault/secrets/{name}/{version}",
        "attributes": {"enabled": True, "created": now, "updated": now, "recoveryLevel": "Recoverable+Purgeable"},
        "tags": {},
    }


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return reply({"error": {"code": code, "message": message}}, status, headers=headers)
