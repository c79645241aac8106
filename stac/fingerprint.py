"""One short text that changes when the source says something else of an Item."""

import json
from hashlib import blake2b
from typing import Any

from models.area import JsonDict

DIGEST_BYTES = 16
"""128 bits: among a billion Items, two that share one are less likely than a disk error."""


def fingerprint(item: JsonDict) -> str:
    """Return the hash of what an Item is: id, geometry, bbox, properties, and each asset's href and type.

    Links are left out, since they name the catalog, not the imagery; so is the query of an href, since it holds a
    signature. The order of keys, and 1 against 1.0, make no difference.
    """
    assets = item.get("assets") or {}
    said = [
        item.get("id"),
        item.get("geometry"),
        item.get("bbox"),
        item.get("properties"),
        {key: [_unsigned(asset), asset.get("type")] for key, asset in assets.items()},
    ]
    canonical = json.dumps(_plain(said), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(canonical.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()


def _unsigned(asset: JsonDict) -> str:
    return str(asset.get("href", "")).partition("?")[0]


def _plain(value: Any) -> Any:
    """Return the value with whole numbers written as integers, as other JSON libraries do."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is dict:
        return {key: _plain(member) for key, member in value.items()}
    if kind is list or kind is tuple:
        return [_plain(member) for member in value]
    return value
