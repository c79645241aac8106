"""Requests to a remote API: tokens, clear errors, and what else every API of this project needs."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from requests.auth import AuthBase
from urllib3.exceptions import NameResolutionError, ReadTimeoutError

from clients.http_session import TIMEOUT, TRANSIENT_STATUSES, open_session
from clients.tokens import TokenProvider
from models.errors import (
    ConflictError,
    CredentialsError,
    GeoCatalogFlowsError,
    NotFoundError,
    RefusedError,
    TransientError,
)
from models.redact import redact, without_query

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Bearer(AuthBase):
    """Adds a token, to https and loopback hosts only: nowhere else is it safe from being read on the way."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = urlsplit(request.url or "")
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            raise CredentialsError(
                f"The access token is not sent to {url.scheme}://{url.hostname}: use https in GEOCATALOG_URL."
            )
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class ApiSession:
    """One remote API below one base URL; safe to share between threads.

    Args:
        service: its name in messages.
        base_url: URL that paths are appended to.
        tokens: access tokens, or None for a public API.
        params: query parameters of every call.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        tokens: TokenProvider | None = None,
        params: dict[str, str] | None = None,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._params = params or {}
        self._http = open_session()

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; return an answer of success.

        Args:
            method: HTTP method.
            path: path below the base URL, or a whole URL as a `next` link gives it.
            options: as of `requests.Session.request`.

        Raises:
            TransientError: no connection, 408, 429 or 5xx after the session's retries.
            CredentialsError: 401 with a fresh token, or 403.
            NotFoundError, ConflictError, RefusedError: 404, 409, any other 4xx.
        """
        response = self._send(method, path, options)
        if response.status_code == 401 and self._tokens is not None:
            self._tokens.discard(_token_of(response))
            response = self._send(method, path, options)
        if response.status_code < 300:
            return response
        raise self._error(response)

    def get_json(self, path: str, **params: Any) -> Any:
        """Return the JSON that GET of the path answers.

        Raises:
            RefusedError: the answer is not JSON; and as `request`.
        """
        return self.json_of(self.request("GET", path, params=params))

    def get_pages(self, path: str, **params: Any) -> Iterator[list[Any]]:
        """Yield the pages of a list, as `value` and `nextLink` give them; the link repeats the parameters.

        Raises:
            As `get_json`.
        """
        page = self.get_json(path, **params)
        yield page["value"]
        while following := page.get("nextLink"):
            page = self.get_json(following)
            yield page["value"]

    def json_of(self, response: requests.Response) -> Any:
        """Return the body as JSON.

        Raises:
            RefusedError: it is none: something else than the service answers at this URL.
        """
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise RefusedError(
                f"{self.base_url} answers, but not as the {self.service}"
                f" ({response.headers.get('Content-Type', 'no content type')}): check the URL.",
                response.status_code,
            ) from None

    def _send(self, method: str, path: str, options: dict[str, Any]) -> requests.Response:
        url = path if path.startswith(("https://", "http://")) else f"{self.base_url}{path}"
        if self._tokens is not None and not url.startswith(f"{self.base_url}/"):
            raise RefusedError(f"The {self.service} at {self.base_url} links to another host: {without_query(url)}.")
        sent = {"timeout": TIMEOUT, "allow_redirects": False, **options}
        if "json" in options:
            sent["data"] = orjson.dumps(sent.pop("json"))
            sent["headers"] = {"Content-Type": "application/json", **(options.get("headers") or {})}
        sent["params"] = {**({} if "api-version=" in url else self._params), **(options.get("params") or {})}
        if self._tokens is not None:
            sent["auth"] = _Bearer(self._tokens.get())
        try:
            return self._http.request(method, url, **sent)
        except requests.exceptions.RetryError as error:
            raise TransientError(f"The {self.service} kept failing: {_reason(error)}.") from None
        except (requests.ConnectionError, requests.Timeout) as error:
            raise self._unreachable(error, seconds=sent["timeout"][1]) from None
        except requests.RequestException as error:
            raise RefusedError(f"{self.base_url} cannot be asked: {_reason(error)}.") from None

    def _unreachable(self, error: requests.RequestException, *, seconds: float) -> TransientError:
        reason = getattr(error.args[0] if error.args else None, "reason", error)
        if isinstance(error, requests.ReadTimeout) or isinstance(reason, ReadTimeoutError):
            return TransientError(f"The {self.service} did not answer within {seconds:g} s. Run it again later.")
        if isinstance(reason, NameResolutionError):
            return TransientError(
                f"The host of {self.base_url} ({self.service}) is unknown: check the spelling of the URL"
                " and that this machine has a network."
            )
        return TransientError(
            f"The {self.service} at {self.base_url} cannot be reached ({_reason(reason)}):"
            " check the URL, and that the service is up."
        )

    def _error(self, response: requests.Response) -> GeoCatalogFlowsError:
        status, (code, message) = response.status_code, _error_of(response)
        said = f"{self.service} answered {status}" + (f" {code}" if code else "") + (f": {message}" if message else "")
        if status in TRANSIENT_STATUSES:
            return TransientError(f"The {said.rstrip('.')}. Run it again later.")
        if status == 401 and self._tokens is not None:
            return CredentialsError(
                f"The {said.rstrip('.')}. The sign-in is expired or meant for another service: sign in again"
                " (`az login`), and check GEOCATALOG_SCOPE and the tenant."
            )
        if status == 403 and self._tokens is not None:
            return CredentialsError(
                f"The {said.rstrip('.')}. The signed-in identity may not do this: give it the role GeoCatalog"
                " Administrator on the GeoCatalog (it takes 5-10 minutes to apply), then run again."
            )
        if 300 <= status < 400:
            return RefusedError(
                f"{self.base_url} redirects elsewhere: it is not the {self.service}; check the URL.", status
            )
        kind = {404: NotFoundError, 409: ConflictError}.get(status, RefusedError)
        return kind(f"The {said}", status, code)


def _token_of(response: requests.Response) -> str:
    return str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")


def _error_of(response: requests.Response) -> tuple[str, str]:
    """Return code and message of the service's error body; both may be empty."""
    code = response.headers.get("x-ms-error-code", "")
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return code, ""
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):
        return code, redact(str(error))
    message = error.get("message") or error.get("description") or error.get("detail") or _field_errors(error)
    return str(error.get("code") or code), redact(str(message))


def _field_errors(body: dict[str, Any]) -> str:
    """Return what Django REST framework says of single members: lists of sentences by name."""
    named = {name: said for name, said in body.items() if isinstance(said, list)}
    return "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in named.items())


def _reason(error: object) -> str:
    """Return the innermost cause without URLs' queries, tokens and object addresses."""
    text = redact(str(error))
    text = re.sub(r"\[Errno -?\d+\] ", "", text.rpartition(": ")[2] if ": " in text else text)
    return without_query(text).strip(" .)'\"") or type(error).__name__
