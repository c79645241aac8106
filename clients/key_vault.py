"""Azure Key Vault: one secret, by its identifier."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from clients.http_session import TIMEOUT, TRANSIENT_STATUSES, open_session
from clients.tokens import TokenProvider
from models.errors import CredentialsError, InvalidRequest, NotFoundError, RefusedError, TransientError
from models.redact import redact

API_VERSION = "7.4"
"""Generally available; source: Get Secret of the Key Vault REST API."""
HOSTS = ("vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn")
"""Public cloud, US Government, China; each is its own audience of access tokens too."""
_LOOPBACK = ("localhost", "127.0.0.1")
_IDENTIFIER = re.compile(r"^https?://[^/?#@]+(/[A-Za-z0-9-]+)?/secrets/[0-9A-Za-z-]{1,127}(/[0-9a-f]{32})?$")


def scope_of(identifier: str) -> str:
    """Return the scope of the access token that a secret's vault asks for.

    Raises:
        InvalidRequest: this is no identifier of a secret, or its host is no Key Vault: it gets no token.
    """
    url = urlsplit(identifier)
    host = url.hostname or ""
    cloud = host.partition(".")[2]
    is_vault = url.scheme == "https" and cloud in HOSTS
    if not _IDENTIFIER.match(identifier) or not (is_vault or host in _LOOPBACK):
        raise InvalidRequest(
            f"{identifier.partition('?')[0]} is no Key Vault secret: write it as https://VAULT.vault.azure.net/secrets/NAME."
        )
    return f"https://{cloud if is_vault else HOSTS[0]}/.default"


def read_secret(identifier: str, tokens_for: Callable[[str], TokenProvider]) -> str:
    """Return the value of a secret; the newest version, unless the identifier names one.

    `GET {vault}/secrets/{name}/{version}`.

    Args:
        identifier: such as https://VAULT.vault.azure.net/secrets/NAME.
        tokens_for: returns access tokens of a scope.

    Raises:
        InvalidRequest: this is no identifier of a secret.
        CredentialsError: no sign-in, or one that may not read it (401, 403).
        NotFoundError: there is no such secret (404).
        TransientError: the vault cannot be reached just now.
        RefusedError: any other answer.
    """
    tokens = tokens_for(scope_of(identifier))
    headers = {"Authorization": f"Bearer {tokens.get()}"}
    try:
        with open_session() as session:
            response = session.get(
                identifier,
                params={"api-version": API_VERSION},
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise TransientError(
            f"The Key Vault of {identifier} cannot be reached ({type(error).__name__}): check its name and the network."
        ) from None
    if response.status_code != 200:
        raise _error(identifier, response)
    return str(response.json()["value"])


def _error(identifier: str, response: requests.Response) -> Exception:
    said = f"The Key Vault answered {response.status_code} for {identifier}{_reason(response)}."
    if response.status_code in (401, 403):
        return CredentialsError(
            f"{said} Give the signed-in identity the role Key Vault Secrets User on the vault, and check the vault's"
            " network rules."
        )
    if response.status_code == 404:
        return NotFoundError(f"{said} Check the name of the vault and of the secret.", 404)
    if response.status_code in TRANSIENT_STATUSES:
        return TransientError(f"{said} Run it again later.")
    return RefusedError(said, response.status_code)


def _reason(response: requests.Response) -> str:
    try:
        return f" ({redact(str(response.json()['error']['message'])).strip(' .')[:300]})"
    except (requests.JSONDecodeError, KeyError, TypeError):
        return ""
