"""One access token per process, shared by all threads and refreshed early.

A bare azure-identity credential is not enough: `AzureCliCredential` starts a process for each call, and twenty
threads that start together ask for twenty tokens.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError

from models.errors import CredentialsError
from models.redact import redact

REFRESH_EARLY = 300
"""Seconds before expiry at which a token is replaced: longer than any single call."""

CredentialKind = Literal["default", "azure-cli", "managed-identity", "workload-identity", "environment"]


def open_credential(kind: CredentialKind, client_id: str | None = None) -> TokenCredential:
    """Return the azure-identity credential of that kind; nothing is asked of it yet.

    Args:
        kind: `default` tries the others in azure-identity's own order.
        client_id: of a user-assigned managed identity.

    Raises:
        CredentialsError: the environment lacks what this kind needs.
    """
    from azure.identity import (  # 11 MB, which downloads from elsewhere do without
        AzureCliCredential,
        DefaultAzureCredential,
        EnvironmentCredential,
        ManagedIdentityCredential,
        WorkloadIdentityCredential,
    )

    try:
        match kind:
            case "azure-cli":
                return AzureCliCredential()
            case "managed-identity":
                return ManagedIdentityCredential(client_id=client_id)
            case "workload-identity":
                return WorkloadIdentityCredential(client_id=client_id)
            case "environment":
                return EnvironmentCredential()
            case "default":
                return DefaultAzureCredential(managed_identity_client_id=client_id)
    except (AzureError, ValueError) as error:
        raise CredentialsError(_cause(kind, error)) from None


class TokenProvider:
    """Gives the current access token of one credential and scope; safe to share between threads.

    Args:
        open_credential: opens the credential, again after a token of it was refused: azure-identity keeps tokens of
            its own, and would give the refused one again.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        open_credential: Callable[[], TokenCredential],
        scope: str,
        *,
        kind: str = "default",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._open_credential = open_credential
        self._credential: TokenCredential | None = None
        self._scope = scope
        self._kind = kind
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def get(self) -> str:
        """Return a token that is good for at least five minutes.

        Raises:
            CredentialsError: there is no sign-in; the message says what to do.
        """
        with self._lock:
            if self._token is None or self._token.expires_on - self._clock() < REFRESH_EARLY:
                self._token = self._ask()
            return self._token.token

    def discard(self, refused: str) -> None:
        """Forget a token that the service refused, unless another thread has replaced it already."""
        with self._lock:
            if self._token is not None and self._token.token == refused:
                self._token = self._credential = None

    def _ask(self) -> AccessToken:
        try:
            self._credential = self._credential or self._open_credential()
            return self._credential.get_token(self._scope)
        except (AzureError, ValueError) as error:
            raise CredentialsError(_cause(self._kind, error)) from None


def _cause(kind: str, error: Exception) -> str:
    lines = [line.strip() for line in redact(str(error)).splitlines() if line.strip()]
    detail = lines[0].rstrip(".") if lines else type(error).__name__
    return (
        f"No Azure sign-in could be had (credential kind {kind!r}: {detail[:300]}). Run `az login`, or set"
        " GEOCATALOG_CREDENTIAL to the kind that this machine has and its variables; `make doctor` checks it."
    )
