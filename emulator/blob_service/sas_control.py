"""`/_emulator/sas`: a SAS for any container, which no real service would hand out."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from emulator.blobs import UPSTREAM_ROOT, container_url_of
from emulator.geocatalog.replies import reply
from emulator.sas_tokens import PERMISSIONS, to_sas_time
from emulator.state import EmulatorState, State

router = APIRouter(prefix="/_emulator/sas", tags=["control"])


@router.get("")
def sign_container(
    state: State,
    container: Annotated[str, Query(description="URL of a container on the upstream's blob host, or account/name.")],
    permissions: Annotated[str, Query(pattern=f"^[{PERMISSIONS}]+$")] = "rl",
    minutes: float = 60,
) -> Response:
    """Hand out a SAS for any container, with any permissions, for any time (negative: expired)."""
    try:
        url = container_url_of(container if "://" in container else _expanded(state, container))
    except ValueError:
        raise HTTPException(400, f"'{container}' is neither account/container nor the URL of a container") from None
    sas = state.sas.sign(url, minutes, state.clock.now(), permissions)
    return reply({"containerUrl": url, "token": sas.token, "msft:expiry": to_sas_time(sas.expiry)})


def _expanded(state: EmulatorState, container: str) -> str:
    return f"{state.config.public_url}{UPSTREAM_ROOT}{container}"
