"""What a bulk run reads: static STAC catalogs, and the Items in them."""

from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import orjson

from emulator.geocatalog.asset_access import AssetAccess, is_local
from emulator.geocatalog.downloads import download
from emulator.geocatalog.item_rules import ItemRejected
from emulator.json_types import JsonDict
from emulator.state import EmulatorState

_ASSET_WORDS = "Asset transformation exception. Reason: "


def item_hrefs(state: EmulatorState, url: str, access: AssetAccess) -> list[str]:
    """Return the URLs of all Items below a catalog.json or collection.json, each once.

    Raises:
        ItemRejected: the catalog, or one that it links to, cannot be read or is none.
    """
    waiting, seen, items = deque([url]), {url}, dict[str, None]()
    while waiting:
        place = waiting.popleft()
        for rel, href in _links(_catalog(state, place, access), place):
            if rel == "item":
                items[href] = None
            elif href not in seen:
                seen.add(href)
                waiting.append(href)
    return list(items)


def _catalog(state: EmulatorState, url: str, access: AssetAccess) -> JsonDict:
    document = _parsed(read_file(state, url, access))
    if not isinstance(document, dict) or document.get("type") not in ("Catalog", "Collection"):
        raise ItemRejected("ImportFileValidationFailed", f"The file is not a STAC Catalog or Collection. Source: {url}")
    if not document.get("id") or not isinstance(document.get("links"), list):
        raise ItemRejected("InvalidStacCatalog", f"The catalog lacks 'id' or 'links'. Source: {url}")
    return document


def _links(catalog: JsonDict, place: str) -> list[tuple[str, str]]:
    """Return the relations `item` and `child` with absolute URLs."""
    links = [link for link in catalog["links"] if isinstance(link, dict) and link.get("rel") in ("item", "child")]
    if not all(isinstance(link.get("href"), str) and link["href"] for link in links):
        raise ItemRejected("InvalidStacCatalog", f"A link of the catalog has no 'href'. Source: {place}")
    try:
        return [(link["rel"], urljoin(place, link["href"])) for link in links]
    except ValueError:
        raise ItemRejected("InvalidStacCatalog", f"A link of the catalog is malformed. Source: {place}") from None


def read_item(state: EmulatorState, url: str, access: AssetAccess) -> Any:
    """Return one file of a static catalog as JSON, None if it is not JSON.

    Raises:
        ItemRejected: it cannot be read.
    """
    return _parsed(read_file(state, url, access))


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def read_file(state: EmulatorState, url: str, access: AssetAccess) -> bytes:
    """Return the bytes of a file, by the ingestion source of its container or in public.

    Raises:
        ItemRejected: it cannot be read.
    """
    try:
        if not is_local(state, url):
            return _downloaded(url)
        access.check(url)
    except ItemRejected as rejected:
        text = rejected.message.removeprefix(_ASSET_WORDS)
        raise ItemRejected(rejected.code, f"The file could not be read. Reason: {text}") from None
    content = state.blobs.local_file(url)
    return content.read_bytes() if isinstance(content, Path) else content


def _downloaded(url: str) -> bytes:
    fetched = download(url)
    if fetched.error:
        raise fetched.error
    return fetched.data
