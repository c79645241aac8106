"""Routes of `/_emulator/copernicus`: what tests order, and what they count."""

from fastapi import APIRouter, Response

from emulator.geocatalog.replies import reply
from emulator.state import State
from emulator.upstreams.copernicus.hosts import AUTH, STAC, catalogue_root, download_root
from emulator.upstreams.copernicus.mishaps import Mishap

router = APIRouter(prefix="/_emulator/copernicus", tags=["control"])


@router.get("")
def get_counts(state: State) -> Response:
    """Return URLs, and counts of sessions, grants, connections, refusals and bytes, in all and by product."""
    config = state.config
    urls = {
        "token_url": f"{config.public_url}{AUTH}/protocol/openid-connect/token",
        "catalogue_url": catalogue_root(config),
        "download_url": download_root(config),
        "stac_url": config.public_url + STAC,
    }
    now = state.clock.time()
    return reply({**urls, **state.copernicus.sessions.summary(now), **state.copernicus.connections.summary()})


@router.delete("")
def clear_counts(state: State) -> Response:
    """Count connections, refusals and bytes from zero (204); sessions and their counts stay."""
    state.copernicus.connections.clear()
    return Response(status_code=204)


@router.delete("/sessions")
def end_sessions(state: State) -> Response:
    """End every session (204): refresh tokens are refused from now on."""
    state.copernicus.sessions.end_all()
    return Response(status_code=204)


@router.post("/mishaps")
def add_mishap(state: State, mishap: Mishap) -> Response:
    """Let something go wrong with a product, or with all of a glob (201)."""
    state.copernicus.mishaps.add(mishap)
    return reply(mishap.model_dump(exclude_none=True), 201)


@router.get("/mishaps")
def list_mishaps(state: State) -> Response:
    """Return the orders."""
    return reply({"mishaps": state.copernicus.mishaps.listed()})


@router.delete("/mishaps")
def clear_mishaps(state: State) -> Response:
    """Take all orders back (204)."""
    state.copernicus.mishaps.clear()
    return Response(status_code=204)
