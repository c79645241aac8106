"""Who may call: an Entra token for Batch, or the account's key, both as the service asks for them."""

import base64
import hashlib
import hmac
import time

from fastapi import Request

from emulator.azure_batch.account import Account
from emulator.azure_batch.config import WELL_KNOWN_KEY
from emulator.azure_batch.errors import BatchError, invalid_query
from emulator.identity import TokenRefused, decoded_token

AUDIENCE = "https://batch.core.windows.net"
API_VERSION = "2025-06-01"
SIGNED = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date"),
    *("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)


def admit(request: Request) -> None:
    """Let a request through to its route (FastAPI dependency).

    Raises:
        BatchError: 503 while the account is busy, 401 without valid credentials, 400 without an api-version.
    """
    account: Account = request.app.state.account
    name = f"{request.method} {request.scope['route'].path}"
    account.requests[name] = account.requests.get(name, 0) + 1
    if time.monotonic() < account.busy_until:
        raise BatchError(503, "ServerBusy", "The server is currently unable to receive requests. Retry the request.")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    refusal = _refusal(request, scheme.lower(), credentials, account.config.account)
    if refusal:
        message = "Server failed to authenticate the request. Make sure the value of Authorization header is correct."
        raise BatchError(401, "AuthenticationFailed", message, AuthenticationErrorDetail=refusal)
    if not request.query_params.get("api-version"):
        raise invalid_query("api-version", "it is required")


def _refusal(request: Request, scheme: str, credentials: str, account: str) -> str | None:
    if scheme == "bearer":
        return _token_refusal(credentials)
    if scheme == "sharedkey":
        wanted = f"{account}:{signature(request, account)}"
        return None if hmac.compare_digest(credentials, wanted) else "The signature does not match."
    return "The request has neither a bearer token nor a SharedKey signature."


def _token_refusal(token: str) -> str | None:
    try:
        claims = decoded_token(token.strip())
    except TokenRefused as refused:
        return str(refused)
    if str(claims.get("aud", "")).rstrip("/") != AUDIENCE:
        return f"The access token's audience is not {AUDIENCE}/."
    return "The access token has expired." if claims["exp"] <= time.time() else None


def signature(request: Request, account: str) -> str:
    """Return the SharedKey signature that a request must have."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    lines = [request.method, *(headers.get(name, "") for name in SIGNED)]
    lines += [f"{name}:{value}" for name, value in sorted(headers.items()) if "ocp-" in name and value]
    lines.append(f"/{account}{request.scope['raw_path'].decode()}")
    lines += [f"{name}:{value}" for name, value in sorted(request.query_params.items()) if value]
    digest = hmac.new(base64.b64decode(WELL_KNOWN_KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
