"""HTTP with an API key in a header, and with an end to every request, however slowly it is answered."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from clients.http_session import POOL_SIZE, retry_policy
from clients.session import ApiSession
from models.errors import CredentialsError, RefusedError, TransientError
from models.redact import without_query

CONNECT_TIMEOUT = 10.0
"""Seconds."""
_CHUNK = 65_536
"""Bytes read between two looks at the clock."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class KeyedSession(ApiSession):
    """One remote API that knows its caller by a key; safe to share between threads.

    429 and 5xx are tried again, honouring Retry-After; an answer that does not come in time is not: public clients of
    ObservEarth report requests that hang, and hang again.

    Args:
        service: its name in messages.
        base_url: URL that paths are appended to.
        header: name of the header that carries the key.
        key: sent to this host only.
        timeout: seconds in which an answer must be there as a whole.
        clock: seconds that only go up; replaced in tests.

    Raises:
        CredentialsError: the URL is neither https nor of this machine: the key could be read on the way.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        header: str,
        key: SecretStr,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(service, base_url)
        url = urlsplit(base_url)
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            raise CredentialsError(f"The API key is not sent to {url.scheme}://{url.hostname}: use https.")
        self._header, self._key = header, key
        self._timeout, self._clock = timeout, clock
        self._origin = (url.scheme, url.netloc)
        adapter = HTTPAdapter(POOL_SIZE, POOL_SIZE, max_retries=retry_policy().new(read=False))
        self._http.mount(f"{url.scheme}://", adapter)

    def _send(self, method: str, path: str, options: dict[str, Any]) -> requests.Response:
        if path.startswith(("https://", "http://")) and urlsplit(path)[:2] != self._origin:
            raise RefusedError(f"The {self.service} at {self.base_url} links to another host: {without_query(path)}.")
        headers = {self._header: self._key.get_secret_value()}
        timeout = (CONNECT_TIMEOUT, self._timeout)
        end = self._clock() + self._timeout + CONNECT_TIMEOUT
        response = super()._send(method, path, {**options, "headers": headers, "timeout": timeout, "stream": True})
        response._content = self._read(response, end)  # what `content` and `json()` then return
        return response

    def _read(self, response: requests.Response, end: float) -> bytes:
        """Return the body; requests itself has no limit for an answer that trickles."""
        chunks = []
        try:
            for chunk in response.iter_content(_CHUNK):
                chunks.append(chunk)
                if self._clock() > end:
                    raise self._late()
        except requests.ConnectionError:  # a time-out between two chunks is one too
            raise self._late() from None
        except requests.RequestException:
            raise TransientError(f"The answer of the {self.service} was cut off. Run it again later.") from None
        finally:
            response.close()
        return b"".join(chunks)

    def _late(self) -> TransientError:
        return TransientError(
            f"The {self.service} did not end its answer within {self._timeout:g} s. Run it again later."
        )
