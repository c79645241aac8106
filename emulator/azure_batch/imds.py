"""The identity endpoint of the nodes, as 169.254.169.254 is on a machine of Azure.

azure-identity calls it where `AZURE_POD_IDENTITY_AUTHORITY_HOST` says.
"""

import time
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from emulator.azure_batch.replies import CurrentAccount
from emulator.config import EmulatorConfig
from emulator.geocatalog.replies import reply
from emulator.identity import sign_token

router = APIRouter()


@router.get("/pools/{pool_id}/identity/metadata/identity/oauth2/token")
def issue_token(
    account: CurrentAccount,
    resource: Annotated[str, Query()] = "",
    client_id: Annotated[str | None, Query()] = None,
    metadata: Annotated[str, Header()] = "",
) -> Response:
    """Issue a token to a node; with several identities, `client_id` must say which."""
    identities = account.config.identities
    if metadata.lower() != "true":
        return _refused("bad_request_102", "Required metadata header not specified")
    if not resource:
        return _refused("invalid_request", "Required query variable 'resource' is missing")
    if client_id is None and len(identities) > 1:
        text = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity"
        return _refused("invalid_request", f"{text} in the token request")
    chosen = client_id or next(iter(identities), None)
    if chosen not in identities:
        return _refused("invalid_request", "Identity not found")
    now = int(time.time())
    config = EmulatorConfig.model_validate({"identity": {"roles": identities}})
    life = account.config.token_seconds
    config.identity.token_seconds = life
    return reply(
        {
            "access_token": sign_token(config, resource, chosen, now),
            "client_id": chosen,
            "expires_in": str(life),
            "expires_on": str(now + life),
            "not_before": str(now),
            "resource": resource,
            "token_type": "Bearer",
        }
    )


def _refused(error: str, description: str) -> Response:
    return reply({"error": error, "error_description": description}, 400)
