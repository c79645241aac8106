"""One GET of a product's file: redirects by hand, the token on the service's hosts only, the body in chunks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from clients.copernicus.errors import Interrupted, ProductNotDownloaded
from clients.copernicus.hosts import Hosts
from clients.copernicus.partial_file import CHUNK
from clients.http_session import HostSession
from models.copernicus import Product, ProductState
from models.redact import without_query

TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two bytes; a stalled transfer is cut and resumed."""
MAX_REDIRECTS = 5
CONNECTIONS = 4
"""Connections that the service gives to one account of a general user (its page of quotas)."""


class _Token(AuthBase):
    """Adds the token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transfer:
    """Asks for files; safe to share between threads."""

    def __init__(self, hosts: Hosts, connections: int = CONNECTIONS) -> None:
        self._hosts = hosts
        self._http = HostSession()
        self._http.mount("https://", HTTPAdapter(pool_maxsize=connections))
        self._http.mount("http://", HTTPAdapter(pool_maxsize=connections))

    @contextmanager
    def open(self, product: Product, token: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """Ask for a file; yield the answer, whatever its status, with its body unread.

        Raises:
            Interrupted: no connection, or a time-out.
            ProductNotDownloaded: more than five redirects.
        """
        url = self._hosts.product_url(product.product_id)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._get(url, token, headers)
            try:
                if not response.is_redirect:
                    yield response
                    return
                url = urljoin(url, response.headers["Location"])
            finally:
                response.close()
        where = without_query(url)
        raise ProductNotDownloaded(
            ProductState.FAILED, "TooManyRedirects", f"{product.name}: redirects do not end, the last led to {where}."
        )

    def _get(self, url: str, token: str, headers: Mapping[str, str]) -> requests.Response:
        auth = _Token(token) if self._hosts.may_see_token(url) else None
        # identity: a compressed body would have another length than the file, and could not be resumed
        sent = {"Accept-Encoding": "identity", **headers}
        try:
            return self._http.get(url, headers=sent, auth=auth, stream=True, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise Interrupted(f"{without_query(url)} cannot be reached ({type(error).__name__})") from None


def chunks_of(response: requests.Response) -> Iterator[bytes]:
    """Yield the body in chunks.

    Raises:
        Interrupted: it ended early.
    """
    try:
        yield from response.raw.stream(CHUNK, decode_content=False)
    except (HTTPError, OSError) as error:
        raise Interrupted(f"the transfer broke off ({type(error).__name__})") from None


def error_of(response: requests.Response) -> tuple[str, str]:
    """Return code and message of the service's error body; both may be empty."""
    try:
        body = response.json()
    except (requests.RequestException, ValueError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    detail = body.get("message") or body.get("detail") or ""
    return str(body.get("code") or ""), detail if isinstance(detail, str) else ""
