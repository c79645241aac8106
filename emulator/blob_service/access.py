"""Who may do what on the upstream's blob host: by a SAS, or by an access token of the local identity."""

from fastapi import Request

from emulator.blob_service.refusals import OVERWRITE, BlobRefused
from emulator.identity import TokenRefused, check_bearer
from emulator.sas_tokens import SasRefused, parse_sas
from emulator.state import EmulatorState

AUDIENCE = "https://storage.azure.com"


def require(state: EmulatorState, request: Request, container: str, permissions: str) -> None:
    """Return if the request may do this.

    Args:
        state: the emulator.
        request: with a SAS in its query, or an access token for AUDIENCE, which may do everything.
        container: path of the container.
        permissions: letters of which a SAS must have one; empty: no SAS of a container permits it.

    Raises:
        BlobRefused: as Azure refuses.
    """
    if "sig" not in request.query_params and "authorization" in request.headers:
        _require_token(state, request)
        return
    try:
        state.sas.check(container, request.url.query, state.clock.now(), permissions)
    except SasRefused as refused:
        raise BlobRefused.of_sas(refused) from None


def require_overwrite(request: Request, exists: bool) -> None:
    """Refuse to replace a blob by a SAS that permits creating only (`c`)."""
    sas = parse_sas(request.url.query)
    if exists and "sig" in sas and "w" not in sas["sp"]:
        raise BlobRefused(403, "UnauthorizedBlobOverwrite", OVERWRITE)


def _require_token(state: EmulatorState, request: Request) -> None:
    try:
        check_bearer(request.headers["authorization"], state.clock.time(), AUDIENCE)
    except TokenRefused as refused:
        message = "Server failed to authenticate the request. Please refer to the information in the"
        raise BlobRefused(
            401,
            "InvalidAuthenticationInfo",
            f"{message} www-authenticate header.",
            detail=str(refused),
            headers={"WWW-Authenticate": f"Bearer resource_id={AUDIENCE}"},
        ) from None
