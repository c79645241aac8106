"""Azure Blob Storage, as far as staging needs it: Put Blob into one container, by a SAS."""

import base64
import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

import requests
from pydantic import SecretStr

from clients.session import TRANSIENT_STATUSES, open_session
from models.errors import CredentialsError, GeoCatalogFlowsError, RefusedError, TransientError
from models.redact import redact

API_VERSION = "2021-12-02"
"""`x-ms-version`; from 2019-12-12 on, Put Blob takes 5,000 MiB in one request."""
TIMEOUT = (10.0, 600.0)
"""Seconds to connect, and between two bytes of an answer: storage answers after it has the whole file."""
_CHUNK = 2**20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BlobContainer:
    """Writes block blobs into one container; safe to share between threads.

    Args:
        url: of the container, without a SAS.
        sas: that permits writing. It is in no message and in no URL that is returned.
    """

    def __init__(self, url: str, sas: SecretStr) -> None:
        self.url = url.rstrip("/")
        self._sas = sas
        self._http = open_session()

    def put(self, path: str, content: bytes | Path, media_type: str) -> str:
        """Create or replace a blob in one request; return its URL, unsigned. The storage checks the MD5.

        Args:
            path: below the container.
            content: the bytes, or the file that has them.
            media_type: its content type.

        Raises:
            CredentialsError: the SAS does not permit it, or has run out.
            TransientError: no connection or 5xx after the session's retries, or the bytes arrived changed.
            RefusedError: anything else.
        """
        self._require_safe_url()
        url = f"{self.url}/{quote(path, safe='/')}"
        digest = _md5(content)
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": API_VERSION,
            "Content-Type": media_type,
            "Content-MD5": digest,
        }
        response = self._send(url, content, headers)
        if response.status_code != 201:
            raise self._error(response)
        if response.headers.get("Content-MD5", digest) != digest:
            raise TransientError(f"The staging container stored other bytes of {path} than were sent: run it again.")
        return url

    def _send(self, url: str, content: bytes | Path, headers: dict[str, str]) -> requests.Response:
        signed = f"{url}?{self._sas.get_secret_value().lstrip('?')}"
        with ExitStack() as stack:
            body: bytes | IO[bytes] = content if isinstance(content, bytes) else stack.enter_context(content.open("rb"))
            try:
                return self._http.put(signed, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            except requests.RequestException as error:  # its text holds the SAS
                raise TransientError(
                    f"The staging container {self.url} cannot be reached ({type(error).__name__}):"
                    " check GEOCATALOG_STAGING_URL, and that this machine may reach it."
                ) from None

    def _error(self, response: requests.Response) -> GeoCatalogFlowsError:
        status, code = response.status_code, response.headers.get("x-ms-error-code", "")
        said = redact(f"The staging container {self.url} answered {status} {code}".rstrip())
        if status in TRANSIENT_STATUSES or code == "Md5Mismatch":
            return TransientError(f"{said}. Run it again later.")
        if status in (401, 403):
            return CredentialsError(
                f"{said}: GEOCATALOG_STAGING_SAS must be a SAS of this container that has not run out and permits"
                " read, write, create and list (sp=rwcl), and the container's network rules must admit this machine."
            )
        return RefusedError(f"{said}: check GEOCATALOG_STAGING_URL and that the container exists.", status, code)

    def _require_safe_url(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise CredentialsError(f"The SAS is not sent to {self.url}: use https in GEOCATALOG_STAGING_URL.")


def _md5(content: bytes | Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with content.open("rb") as file:
            while block := file.read(_CHUNK):
                digest.update(block)
    return base64.b64encode(digest.digest()).decode()
