"""The identity endpoint, as Azure App Service has it, and the check of its tokens.

azure-identity calls it when `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are set.
"""

import uuid
from dataclasses import dataclass
from typing import Annotated

import jwt
from fastapi import APIRouter, Header, Query, Response
from jwt.types import Options

from emulator.config import EmulatorConfig
from emulator.geocatalog.replies import reply
from emulator.json_types import JsonDict
from emulator.state import State

AUDIENCE = "https://geocatalog.spatio.azure.com"
ADMINISTRATOR = "GeoCatalog Administrator"
READER = "GeoCatalog Reader"
# A well-known key, as Azurite has one: nothing behind the emulator is secret.
SIGNING_KEY = "geocatalog-emulator-well-known-token-key"
ALGORITHM = "HS256"
TENANT = str(uuid.uuid5(uuid.NAMESPACE_URL, "geocatalog-emulator/tenant"))

router = APIRouter(prefix="/identity", tags=["identity"])


class TokenRefused(Exception):
    """The bearer token is missing, malformed, expired, or not for this service: 401."""


@dataclass(frozen=True)
class Caller:
    """Whom a valid token names."""

    object_id: str
    roles: tuple[str, ...]

    def may_read(self) -> bool:
        """Say whether the caller has any role on the GeoCatalog."""
        return bool({ADMINISTRATOR, READER} & set(self.roles))

    def may_write(self) -> bool:
        """Say whether the caller is an administrator of the GeoCatalog."""
        return ADMINISTRATOR in self.roles


@router.get("/token")
def issue_token(
    state: State,
    resource: Annotated[str, Query()] = "",
    client_id: Annotated[str | None, Query()] = None,
    x_identity_header: Annotated[str, Header()] = "",
) -> Response:
    """Issue an access token for `resource`; the wrong X-IDENTITY-HEADER is refused (401)."""
    identity = state.config.identity
    if x_identity_header != identity.header:
        return reply({"statusCode": 401, "message": "X-IDENTITY-HEADER is missing or wrong"}, 401)
    if not resource:
        return reply({"statusCode": 400, "message": "resource is missing"}, 400)
    now = int(state.clock.time())
    return reply(
        {
            "access_token": sign_token(state.config, resource, client_id, now),
            "expires_on": str(now + identity.token_seconds),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": client_id or "system-assigned",
        }
    )


def sign_token(config: EmulatorConfig, resource: str, client_id: str | None, now: int) -> str:
    """Return a signed token that starts at `now` (seconds since the epoch)."""
    identity = config.identity
    role = identity.roles.get(client_id or "", identity.role)
    expires = now - 1 if identity.expired else now + identity.token_seconds
    claims = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now,
        "nbf": now,
        "exp": expires,
        "tid": TENANT,
        "appid": client_id or "system-assigned",
        "oid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"geocatalog-emulator/{client_id}")),
        "roles": [] if role == "none" else [role],
    }
    return jwt.encode(claims, SIGNING_KEY, ALGORITHM)


def check_bearer(authorization: str | None, now: float, audience: str = AUDIENCE) -> Caller:
    """Check an Authorization header at `now` (seconds since the epoch).

    Raises:
        TokenRefused: says what is wrong, never the token itself.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("The request has no bearer token.")
    claims = decoded_token(token.strip())
    if str(claims.get("aud", "")).rstrip("/") != audience:
        raise TokenRefused(f"The access token's audience is not {audience}.")
    if claims["exp"] <= now:
        raise TokenRefused("The access token has expired.")
    return Caller(str(claims.get("oid")), tuple(claims.get("roles") or ()))


def decoded_token(token: str) -> JsonDict:
    """Return the claims of a token of the local identity; audience and expiry are for the caller to check.

    Raises:
        TokenRefused: its signature or form is not valid.
    """
    # PyJWT would use the wall clock
    unchecked: Options = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    unchecked["require"] = ["exp", "aud"]
    try:
        claims: JsonDict = jwt.decode(token, SIGNING_KEY, [ALGORITHM], options=unchecked)
    except jwt.PyJWTError:
        raise TokenRefused("The access token's signature or form is not valid.") from None
    return claims
