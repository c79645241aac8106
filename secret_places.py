"""Where a secret is kept, if a setting names its place instead of its value.

| value of the setting | the secret is |
|---|---|
| `prefect-secret:NAME` | in the Prefect block NAME of type Secret |
| `key-vault:https://VAULT.vault.azure.net/secrets/NAME` | in Azure Key Vault |
| `env:NAME` | in another environment variable |

A block may name one of the other two places in its turn.
"""

import os
from collections.abc import Callable

from clients.key_vault import read_secret
from clients.tokens import CredentialKind, TokenProvider, open_credential
from models.errors import GeoCatalogFlowsError, SettingsMissing, TransientError

PLACES = ("prefect-secret:", "key-vault:", "env:")
_STEPS = 3
"""From a block to a variable to a vault is the longest way that makes sense; more is a circle."""


def is_place(value: str) -> bool:
    """Tell whether a value names a place instead of being the secret."""
    return value.startswith(PLACES)


def read(setting: str, value: str, sign_in: Callable[[], tuple[CredentialKind, str | None]]) -> str:
    """Return the secret that a setting means.

    Args:
        setting: its name in messages, such as GEOCATALOG_STAGING_SAS.
        value: the secret, or where it is.
        sign_in: returns the kind of Azure credential and its client id.

    Raises:
        SettingsMissing: there is nothing at that place, or it may not be read; the message names setting and place.
        TransientError: the place cannot be reached just now.
    """
    at = value
    for _ in range(_STEPS):
        if not is_place(at):
            return at
        try:
            at = _step(at, sign_in)
        except TransientError as error:
            raise TransientError(f"{setting} cannot be read from {at}. {error}") from None
        except GeoCatalogFlowsError as error:
            raise SettingsMissing(f"{setting} cannot be read from {at}. {error}") from None
    if is_place(at):
        raise SettingsMissing(f"{setting} names {value}, which leads from place to place: put the secret there.")
    return at


def _step(place: str, sign_in: Callable[[], tuple[CredentialKind, str | None]]) -> str:
    kind, _, name = place.partition(":")
    if kind == "env":
        return _from_environment(name)
    return _from_prefect(name) if kind == "prefect-secret" else _from_key_vault(name, *sign_in())


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingsMissing(f"The environment variable {name} is not set.")
    return value


def _from_prefect(name: str) -> str:
    # late: a command that needs no block need not wait for Prefect
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if not url:
        raise SettingsMissing("Blocks are on a Prefect server: set PREFECT_API_URL.")
    try:
        with get_client(sync_client=True) as client:
            block = client.read_block_document_by_name(name, "secret", include_secrets=True)
    except ObjectNotFound:
        raise SettingsMissing(
            f"The Prefect server at {url} has no block {name} of type Secret: make it in its UI (Blocks)."
        ) from None
    except HTTPError as error:
        raise TransientError(f"The Prefect server at {url} cannot be asked ({type(error).__name__}).") from None
    return str(block.data["value"])


def _from_key_vault(identifier: str, kind: CredentialKind, client_id: str | None) -> str:
    return read_secret(
        identifier, lambda scope: TokenProvider(lambda: open_credential(kind, client_id), scope, kind=kind)
    )
