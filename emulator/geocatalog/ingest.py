"""Bring one Item in: check it, get at its assets, rewrite it as the service stores it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from emulator.clock import wire_time
from emulator.geocatalog.asset_access import AssetAccess, is_local
from emulator.geocatalog.downloads import Download, fetch_all
from emulator.geocatalog.item_rules import ItemRejected, check_item
from emulator.geocatalog.managed_storage import asset_url, is_managed, item_prefix
from emulator.json_types import JsonDict
from emulator.state import EmulatorState

# Migrations seen in recordings of the service.
EXTENSION_MIGRATIONS = {
    "https://stac-extensions.github.io/projection/v1.0.0/schema.json": (
        "https://stac-extensions.github.io/projection/v1.1.0/schema.json"
    ),
    "https://stac-extensions.github.io/eo/v1.0.0/schema.json": (
        "https://stac-extensions.github.io/eo/v1.1.0/schema.json"
    ),
}
REWRITTEN_RELS = ("collection", "parent", "root", "self", "items")


@dataclass
class IngestedItem:
    """An Item ready to be stored, and the blobs that belong to it."""

    document: JsonDict
    links: dict[str, str] = field(default_factory=dict)
    """Managed URL to upstream URL: served without a copy."""
    uploads: dict[str, Download] = field(default_factory=dict)
    """Managed URL to bytes from another host."""


def ingest_item(
    state: EmulatorState,
    item: JsonDict,
    collection_id: str,
    access: AssetAccess,
    kept: Callable[[str], bool] = lambda _key: False,
) -> IngestedItem:
    """Return the Item with managed hrefs; nothing is stored yet.

    Assets whose key is `kept` are in managed storage already and stay as they are.

    Raises:
        ItemRejected: a rule is broken, a fault was ordered, or an asset cannot be read.
    """
    fault = state.faults.take_item(collection_id, str(item.get("id")))
    if fault:
        raise ItemRejected(str(fault.code), fault.message or f"Fault injected by the emulator: {fault.code}.")
    check_item(item, collection_id)
    ingested = IngestedItem(_stored_form(item, access.at))
    prefix = item_prefix(state, collection_id, item["id"])
    for key, asset in ingested.document["assets"].items():
        if not kept(key):
            _take_asset(ingested, key, asset, prefix, access)
    return ingested


def _take_asset(ingested: IngestedItem, key: str, asset: JsonDict, prefix: str, access: AssetAccess) -> None:
    source = asset["href"]
    fetched = access.check(source)
    asset["href"] = asset_url(prefix, key, source)
    if fetched:
        ingested.uploads[asset["href"]] = fetched
    else:
        ingested.links[asset["href"]] = source


def _stored_form(item: JsonDict, at: float) -> JsonDict:
    links = [link for link in item.get("links") or [] if link.get("rel") not in REWRITTEN_RELS]
    extensions = [EXTENSION_MIGRATIONS.get(url, url) for url in item.get("stac_extensions") or []]
    assets = {key: dict(asset) for key, asset in item["assets"].items()}
    marks = {"_msft:ts": wire_time(at), "_msft:etag": str(uuid.uuid4())}
    return {**item, "links": links, "stac_extensions": extensions, "assets": assets, **marks}


def download_all(state: EmulatorState, payloads: list[Any]) -> dict[str, Download]:
    """Fetch every asset on another host that these payloads mention; done before the transaction."""
    hrefs = {href for payload in payloads for item in payload_items(payload) for href in _hrefs(item)}
    return fetch_all(href for href in hrefs if _is_foreign(state, href))


def payload_items(payload: Any) -> list[JsonDict]:
    """Return the Items of a Feature or FeatureCollection."""
    if not isinstance(payload, dict):
        return []
    payload = payload.get("patch", payload)
    items: list[JsonDict] = payload["features"] if payload.get("type") == "FeatureCollection" else [payload]
    return items


def _hrefs(item: JsonDict) -> list[str]:
    assets = item.get("assets")
    values = assets.values() if isinstance(assets, dict) else ()
    return [a["href"] for a in values if isinstance(a, dict) and isinstance(a.get("href"), str)]


def _is_foreign(state: EmulatorState, href: str) -> bool:
    try:
        return urlsplit(href).scheme in ("http", "https") and not is_local(state, href) and not is_managed(href)
    except ValueError:  # malformed; check_item names it
        return False
