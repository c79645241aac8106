"""Fetches assets from other hosts over the real network."""

import mimetypes
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from emulator.geocatalog.item_rules import ItemRejected

CONNECT_SECONDS, READ_SECONDS = 3, 10
THREADS = 8
UNREACHABLE = ("IngestionResourceConnectionFailed", "IngestionResourceTimeout")
CODES_BY_STATUS = {
    401: "IngestionAuthenticationFailed",
    403: "IngestionResourceForbidden",
    404: "IngestionResourceUriNotFound",
    408: "IngestionResourceTimeout",
    409: "PublicAccessRestricted",
    503: "InternalIntermitentError",
    504: "IngestionResourceTimeout",
}


@dataclass(frozen=True)
class Download:
    """Bytes from another host, or why there are none."""

    data: bytes = b""
    content_type: str = ""
    error: ItemRejected | None = None


def asset_error(code: str, reason: str, href: str) -> ItemRejected:
    """Return an error in the service's words; a signature in the href is left out."""
    source = href.partition("?")[0] if "sig=" in href else href
    return ItemRejected(code, f"Asset transformation exception. Reason: {reason} Source: {source}")


def fetch_all(hrefs: Iterable[str]) -> dict[str, Download]:
    """Fetch every href; a host that cannot be reached is tried once only."""
    by_host: dict[str, list[str]] = defaultdict(list)
    for href in hrefs:
        by_host[urlsplit(href).netloc].append(href)
    if not by_host:
        return {}
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(_fetch_from_host, by_host.values())
        return {href: download for part in parts for href, download in part.items()}


def _fetch_from_host(hrefs: list[str]) -> dict[str, Download]:
    found: dict[str, Download] = {}
    unreachable: str | None = None
    for href in hrefs:
        if unreachable:
            found[href] = Download(error=asset_error(unreachable, "The host could not be reached.", href))
            continue
        found[href] = download(href)
        error = found[href].error
        unreachable = error.code if error and error.code in UNREACHABLE else None
    return found


def download(href: str) -> Download:
    """Fetch one asset from another host; failures are returned, not raised."""
    try:
        response = requests.get(href, timeout=(CONNECT_SECONDS, READ_SECONDS))
    except requests.Timeout:
        return Download(error=asset_error("IngestionResourceTimeout", "The request timed out.", href))
    except requests.RequestException:
        reason = "The connection could not be established."
        return Download(error=asset_error("IngestionResourceConnectionFailed", reason, href))
    if not response.ok:
        code = CODES_BY_STATUS.get(response.status_code, "GenericHttpIngestionError")
        return Download(error=asset_error(code, f"HTTP {response.status_code}.", href))
    guessed = mimetypes.guess_type(urlsplit(href).path)[0] or "application/octet-stream"
    return Download(response.content, response.headers.get("Content-Type", guessed))
