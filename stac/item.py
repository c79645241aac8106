"""Items on their way from a source catalog into the GeoCatalog."""

import re

import orjson

from models.area import JsonDict
from stac.containers import container_of

DYNAMIC_ASSETS = ("rendered_preview", "preview", "tilejson")
"""Assets of the Planetary Computer that are rendered on request, or superseded by the GeoCatalog's own."""

MAX_ID = 149
"""Characters; the service asks for fewer than 150."""
MAX_ASSET_KEY = 255
"""Characters; the service asks for fewer than 256."""
MAX_ASSETS = 100
MAX_BYTES = 1_000_000
"""Bytes of the Item's JSON; the service says 1 MB and not whether it counts in 1,000 or 1,024."""
_NAME = re.compile(r"[A-Za-z0-9\-_+,().]+")
"""Characters allowed in ids and asset keys. Source of all limits: Planetary Computer Pro documentation."""


def to_geocatalog_item(item: JsonDict, collection_id: str, blob_root: str | None = None) -> JsonDict:
    """Return a copy of a source Item that the GeoCatalog can ingest.

    The GeoCatalog downloads every asset, so those that are not files in a container are left out; and it writes
    links of its own, so the source's links to itself are left out too.

    Args:
        item: Item of the source catalog, unsigned.
        collection_id: Collection of the GeoCatalog that receives it.
        blob_root: see `container_of`.
    """
    assets = {key: asset for key, asset in (item.get("assets") or {}).items() if _is_file(key, asset, blob_root)}
    own = ("self", "root", "parent", "collection", "preview")
    links = [link for link in item.get("links") or [] if link.get("rel") not in own]
    return {**item, "collection": collection_id, "assets": assets, "links": links}


def stripped_assets(source: JsonDict, item: JsonDict) -> set[str]:
    """Return the keys of the assets that `to_geocatalog_item` left out."""
    return set(source.get("assets") or {}) - set(item["assets"])


def preflight(item: JsonDict) -> list[str]:
    """Return why the GeoCatalog would refuse the Item; empty if nothing is known against it."""
    problems = _problems_of_id(item["id"])
    assets = item.get("assets") or {}
    if not assets:
        problems.append("it has no asset that is a file in a container")
    if len(assets) > MAX_ASSETS:
        problems.append(f"it has {len(assets)} assets, at most {MAX_ASSETS} are allowed")
    for key, asset in assets.items():
        problems.extend(_problems_of_asset(key, asset))
    size = len(orjson.dumps(item))
    if size > MAX_BYTES:
        problems.append(f"its JSON has {size:,} bytes, at most {MAX_BYTES:,} are allowed")
    return problems


def _is_file(key: str, asset: JsonDict, blob_root: str | None) -> bool:
    href = str(asset.get("href", ""))
    relative = "://" not in href  # left in, so that pre-flight names it
    return key not in DYNAMIC_ASSETS and (relative or container_of(href, blob_root) is not None)


def _problems_of_id(item_id: str) -> list[str]:
    problems = []
    if len(item_id) > MAX_ID:
        problems.append(f"its id has {len(item_id)} characters, at most {MAX_ID} are allowed")
    if not _NAME.fullmatch(item_id):
        problems.append("its id has characters other than A-Z a-z 0-9 - _ + , ( ) .")
    return problems


def _problems_of_asset(key: str, asset: JsonDict) -> list[str]:
    problems = []
    if len(key) > MAX_ASSET_KEY or not _NAME.fullmatch(key):
        problems.append(f"asset key {key[:60]!r} is too long or has characters other than A-Z a-z 0-9 - _ + , ( ) .")
    if not str(asset.get("href", "")).startswith(("https://", "http://")):
        problems.append(f"the href of asset {key!r} is not an absolute URL")
    return problems
