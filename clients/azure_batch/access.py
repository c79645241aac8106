"""How calls of the SDK sign in, how often they are repeated, and how their errors are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse

from clients.http_session import TRANSIENT_STATUSES
from clients.tokens import TokenProvider
from models.errors import ConflictError, CredentialsError, NotFoundError, RefusedError, TransientError
from models.redact import redact

SCOPE = "https://batch.core.windows.net//.default"
"""The double slash is right: the service's audience ends with a slash (azure-batch 15.1)."""
RETRIES = {"retry_total": 6, "retry_status": 6, "retry_backoff_factor": 0.8, "retry_backoff_max": 30}
"""Delays of 0, 1.6, 3.2, 6.4, 12.8 and 25.6 s: an overload of half a minute passes within one call."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BearerPolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Adds the process's token, to https and loopback hosts only; the SDK's own policy refuses the local stand-in."""

    def __init__(self, tokens: TokenProvider) -> None:
        self._tokens = tokens

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Add the token.

        Raises:
            CredentialsError: there is none, or the way to the host can be read by others.
        """
        url = urlsplit(request.http_request.url)
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            raise CredentialsError(
                f"The access token is not sent to {url.scheme}://{url.hostname}: use https in the Batch account's URL."
            )
        request.http_request.headers["Authorization"] = f"Bearer {self._tokens.get()}"

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, HttpResponse]
    ) -> None:
        """Forget a token that was refused: the next call gets a new one."""
        if response.http_response.status_code == 401:
            self._tokens.discard(request.http_request.headers.get("Authorization", "").removeprefix("Bearer "))


@contextmanager
def told_clearly(url: str) -> Iterator[None]:
    """Turn the SDK's errors into ours, with cause and fix.

    Raises:
        TransientError: no connection, 408, 429 or 5xx after the retries.
        CredentialsError: 401 or 403.
        NotFoundError, ConflictError, RefusedError: 404, 409, any other 4xx.
    """
    try:
        yield
    except HttpResponseError as error:
        raise _of_response(error) from None
    except AzureError as error:
        reason = redact(str(error).partition("\n")[0])[:300]
        raise TransientError(
            f"Azure Batch at {url} cannot be reached ({reason}): check the account's URL, and that the network lets"
            " this machine through."
        ) from None


def _of_response(error: HttpResponseError) -> Exception:
    status = error.status_code or 0
    code, message = _code_and_message(error)
    said = f"Azure Batch answered {status}" + (f" {code}" if code else "") + (f": {message}" if message else "")
    if status in TRANSIENT_STATUSES:
        return TransientError(f"{said}. Try again later.")
    if status in (401, 403):
        return CredentialsError(
            f"{said.rstrip('.')}. Give the signed-in identity the role Azure Batch Data Contributor on the account (it"
            " takes some minutes to apply)."
        )
    return {404: NotFoundError, 409: ConflictError}.get(status, RefusedError)(said, status, code)


def _code_and_message(error: HttpResponseError) -> tuple[str, str]:
    details: Any = error.error  # None where the answer was streamed
    if details is None:
        return "", redact(error.reason or "")
    message = str(details.message or "").partition("\nRequestId")[0].strip()
    reasons = [str(one.message) for one in details.details or [] if one.code in ("Reason", "PropertyName")]
    return str(details.code or ""), redact(" ".join([message, *reasons]).strip())
