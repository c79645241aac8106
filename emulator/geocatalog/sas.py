"""Routes of `/sas`: access to managed storage."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from emulator.geocatalog.collection_rules import require_collection
from emulator.geocatalog.managed_storage import DEFAULT_SIGN_MINUTES, account_url, container_url, sign_href
from emulator.geocatalog.replies import reply
from emulator.geocatalog.stac_collections import Duration
from emulator.sas_tokens import to_sas_time
from emulator.state import State

router = APIRouter(prefix="/sas", tags=["sas"])


@router.get("/sign")
def sign(state: State, href: Annotated[str, Query()], duration: Duration = DEFAULT_SIGN_MINUTES) -> Response:
    """Sign one managed href; any other comes back unchanged, without an expiry."""
    signed, token = sign_href(state, href, duration)
    if token is None:
        return reply({"href": signed})
    return reply({"msft:expiry": to_sas_time(token.expiry), "href": signed})


@router.get("/token/{collection_id}")
def get_token(state: State, collection_id: str, duration: Duration = DEFAULT_SIGN_MINUTES) -> Response:
    """Return a token for every asset of one Collection."""
    require_collection(state, collection_id)
    token = state.sas.sign(container_url(state, collection_id), duration, state.clock.now())
    return reply({"msft:expiry": to_sas_time(token.expiry), "token": token.token})


@router.post("/token/revoke")
def revoke_tokens(state: State) -> Response:
    """Make every token of the catalog worthless."""
    state.sas.revoke(account_url(state))
    return reply(None)
