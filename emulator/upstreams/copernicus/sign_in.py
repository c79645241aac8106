"""The token host: `/copernicus/auth/realms/CDSE`."""

import base64
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from emulator.state import State
from emulator.upstreams.copernicus.hosts import AUTH
from emulator.upstreams.copernicus.replies import reply
from emulator.upstreams.copernicus.sessions import ALGORITHM, KEY_ID, SIGNING_KEY, GrantRefused

router = APIRouter(prefix=AUTH, tags=["Copernicus sign-in"])


async def _read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


@router.post("/protocol/openid-connect/token")
def issue_tokens(form: Annotated[dict[str, str], Depends(_read_form)], state: State) -> Response:
    """Answer the password grant and the refresh grant."""
    account = state.config.copernicus.account
    try:
        tokens = state.copernicus.sessions.grant(form, account, state.clock.time())
    except GrantRefused as refused:
        return reply({"error": refused.error, "error_description": str(refused)}, refused.status)
    return reply(tokens, headers={"Cache-Control": "no-store"})


@router.get("/.well-known/openid-configuration")
def discover(state: State) -> Response:
    """Say where tokens are issued."""
    issuer = state.config.public_url + AUTH
    return reply(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/protocol/openid-connect/token",
            "jwks_uri": f"{issuer}/protocol/openid-connect/certs",
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "grant_types_supported": ["password", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
    )


@router.get("/protocol/openid-connect/certs")
def list_keys() -> Response:
    """Answer with the key that access tokens are signed with; the real service's is a public one (RS256)."""
    key = base64.urlsafe_b64encode(SIGNING_KEY.encode()).decode().rstrip("=")
    return reply({"keys": [{"kty": "oct", "use": "sig", "alg": ALGORITHM, "kid": KEY_ID, "k": key}]})
