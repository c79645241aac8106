"""Connections with the manners that every remote API of this project needs: pooled, time-outs, patient retries."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import BaseHTTPResponse
from urllib3.util.retry import Retry

TIMEOUT = (10.0, 120.0)
"""Seconds to connect, and between two bytes of an answer; a search of 1,000 signed Items takes tens of seconds."""
TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)
POOL_SIZE = 32
"""Connections kept per host: twice the 16 threads of a flow run."""

Sleep = Callable[[float], None]


class PatientRetry(Retry):
    """urllib3's retries with a sleep that can be replaced, and a bound on what a server may ask for."""

    sleeper: Sleep = staticmethod(time.sleep)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait as long as `Retry-After` says, else by exponential backoff with jitter."""
        asked = self.get_retry_after(response) if response is not None else None
        self.sleeper(asked if asked else self.get_backoff_time())


def retry_policy() -> PatientRetry:
    """Return the retries of one request: seconds, not minutes (those are the task's).

    Writes are repeated too. A repeated POST of an Item can at worst end as an operation that failed with
    `ItemAlreadyExistsInCollection`, which is resolved by reading the Item back.
    """
    return PatientRetry(
        total=6,
        connect=3,
        read=3,
        status=6,
        backoff_factor=0.5,  # seconds: 0.5, 1, 2, 4, 8, 16 and up to 0.5 more
        backoff_jitter=0.5,
        backoff_max=30,
        retry_after_max=120,  # seconds; a longer wait is the task's
        status_forcelist=TRANSIENT_STATUSES,
        allowed_methods=None,
        raise_on_status=False,
    )


class _NoSignIn(AuthBase):
    """Adds nothing: without any, requests would look into the user's .netrc, and send what it finds there."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class HostSession(requests.Session):
    """Reads the machine's proxies and certificates once for each host: that takes a quarter of a request's time.

    They are those of the first request; the environment of a process does not change under it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _NoSignIn()
        self._environments: dict[tuple[str, str], dict[str, Any]] = {}

    def merge_environment_settings(  # type: ignore[override]  # the stubs name each type of a private alias
        self, url: str, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> dict[str, Any]:
        """Return what requests would, for a request that names neither proxies nor certificates of its own."""
        if proxies or verify is not None or cert is not None:
            return dict(super().merge_environment_settings(url, proxies, stream, verify, cert))
        host = urlsplit(url)[:2]
        if host not in self._environments:
            self._environments[host] = dict(super().merge_environment_settings(url, {}, None, None, None))
        return {**self._environments[host], "stream": stream}


def open_session() -> requests.Session:
    """Return a session with pooled connections and the retries above."""
    session = HostSession()
    adapter = HTTPAdapter(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE, max_retries=retry_policy())
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
