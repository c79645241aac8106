"""The upstream's SAS API: `/planetary-computer/api/sas/v1`."""

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException

from emulator.blobs import UPSTREAM_ROOT, container_url_of
from emulator.content.public_containers import PUBLIC_CONTAINERS
from emulator.sas_tokens import SasToken, to_sas_time
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/planetary-computer/api/sas/v1", tags=["upstream SAS"])


@router.get("/token/{collection_id}")
def get_collection_token(collection_id: str, state: State) -> dict[str, str]:
    """Answer with a token for the container that the Collection names."""
    collection = state.upstream.get_collection(collection_id) or {}
    account, container = collection.get("msft:storage_account"), collection.get("msft:container")
    if not (account and container):
        raise HTTPException(404, f"No collection with a storage container found with id {collection_id}")
    return _token_document(_sign(state, account, container))


@router.get("/token/{account}/{container}")
def get_container_token(account: str, container: str, state: State) -> dict[str, str]:
    """Answer with a token for any container of the upstream."""
    return _token_document(_sign(state, account, container))


@router.get("/sign")
def sign_href(href: str, state: State) -> dict[str, Any]:
    """Append a token to a blob's URL; URLs of other hosts come back unchanged."""
    path = urlsplit(href).path
    if not path.startswith(UPSTREAM_ROOT):
        return {"msft:expiry": None, "href": href}
    try:
        account, container = container_url_of(href).split("/")[-2:]
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    if (account, container) in PUBLIC_CONTAINERS:
        return {"msft:expiry": None, "href": href}
    sas = _sign(state, account, container)
    return {"msft:expiry": to_sas_time(sas.expiry), "href": f"{href.partition('?')[0]}?{sas.token}"}


def _sign(state: EmulatorState, account: str, container: str) -> SasToken:
    url = f"{UPSTREAM_ROOT}{account}/{container}"
    return state.sas.sign(url, state.config.sas.upstream_minutes, state.clock.now())


def _token_document(sas: SasToken) -> dict[str, str]:
    return {"msft:expiry": to_sas_time(sas.expiry), "token": sas.token}
