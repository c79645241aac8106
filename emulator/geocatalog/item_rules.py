"""What the GeoCatalog demands of an Item before it fetches any asset.

Sources: the service's limits page (id < 150 characters, asset key < 256, 100 assets, 1 MB) and
the STAC 1.0 Item specification.
"""

import re
from typing import Any
from urllib.parse import urlsplit

import orjson
import shapely

from emulator.item_store import item_times_ms
from emulator.json_types import JsonDict

MAX_ITEM_BYTES = 1024 * 1024
MAX_ASSETS = 100
ITEM_ID = re.compile(r"[A-Za-z0-9\-_+,().]{1,149}")
ASSET_KEY = re.compile(r"[A-Za-z0-9\-_+,().]{1,255}")


class ItemRejected(Exception):
    """The Item cannot be ingested; `code` is one of the service's ingestion error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def check_item(item: JsonDict, collection_id: str) -> None:
    """Return if the Item keeps all rules.

    Raises:
        ItemRejected: names the first rule that is broken.
    """
    _check_stac(item, collection_id)
    if not ITEM_ID.fullmatch(item["id"]):
        text = "must have fewer than 150 characters, only letters, digits and -_+,()."
        raise ItemRejected("InvalidInputData", f"Item id '{item['id'][:160]}' {text}")
    if len(orjson.dumps(item)) > MAX_ITEM_BYTES:
        raise ItemRejected("ItemSizeExceeded", f"Item '{item['id']}' is larger than 1 MB")
    _check_assets(item)


def _check_stac(item: JsonDict, collection_id: str) -> None:
    problem = _stac_problem(item, collection_id)
    if problem:
        raise ItemRejected("StacValidationFailed", f"STAC validation failed for item '{item.get('id')}': {problem}")


def _stac_problem(item: JsonDict, collection_id: str) -> str | None:
    if item.get("type") != "Feature":
        return "'type' must be 'Feature'"
    for name in ("stac_version", "properties", "geometry", "assets"):
        if item.get(name) is None:
            return f"'{name}' is a required property"
    if item.get("collection") != collection_id:
        return f"'collection' must be '{collection_id}'"
    geometry_problem = _geometry_problem(item) or _bbox_problem(item.get("bbox"))
    return _properties_problem(item) or geometry_problem or _lists_problem(item)


def _properties_problem(item: JsonDict) -> str | None:
    properties = item["properties"]
    if not isinstance(properties, dict) or "datetime" not in properties:
        return "'properties.datetime' is a required property"
    if properties["datetime"] is None and not (properties.get("start_datetime") and properties.get("end_datetime")):
        return "a null 'datetime' needs 'start_datetime' and 'end_datetime'"
    try:
        item_times_ms(item)
    except (TypeError, ValueError):
        return "'datetime' is not an ISO 8601 date and time"
    return None


def _geometry_problem(item: JsonDict) -> str | None:
    try:
        shapely.from_geojson(orjson.dumps(item["geometry"]))
    except (shapely.GEOSException, TypeError):
        return "'geometry' is not a valid GeoJSON geometry"
    return None


def _bbox_problem(bbox: Any) -> str | None:
    if not isinstance(bbox, list) or len(bbox) not in (4, 6):
        return "'bbox' must be a list of 4 or 6 numbers"
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in bbox):
        return "'bbox' must be a list of 4 or 6 numbers"
    return None


def _lists_problem(item: JsonDict) -> str | None:
    links, extensions = item.get("links"), item.get("stac_extensions")
    if links is not None and not (isinstance(links, list) and all(_is_link(link) for link in links)):
        return "'links' must be a list of objects with 'rel' and 'href'"
    if extensions is not None and not (isinstance(extensions, list) and all(isinstance(e, str) for e in extensions)):
        return "'stac_extensions' must be a list of URLs"
    return None


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str)


def _check_assets(item: JsonDict) -> None:
    assets = item["assets"]
    if not isinstance(assets, dict) or not all(isinstance(asset, dict) for asset in assets.values()):
        raise ItemRejected("StacValidationFailed", f"STAC validation failed for item '{item['id']}': 'assets'")
    if len(assets) > MAX_ASSETS:
        raise ItemRejected("TotalAssetsExceeded", f"Item '{item['id']}' has more than {MAX_ASSETS} assets")
    for key, asset in assets.items():
        if not ASSET_KEY.fullmatch(key):
            raise ItemRejected("InvalidInputData", f"Asset key '{key[:260]}' is too long or has other characters")
        _check_href(key, asset.get("href"))


def _check_href(key: str, href: Any) -> None:
    if not isinstance(href, str) or not href:
        raise ItemRejected("InvalidAssetHref", f"Asset '{key}' has no href")
    try:
        parts = urlsplit(href)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is no number
        raise ItemRejected("InvalidAssetHref", f"Asset '{key}' has a malformed href: {href}") from None
    if not parts.scheme:
        raise ItemRejected("GenericIngestionError", f"Asset '{key}' has a relative href: {href}")
    if not is_url:
        raise ItemRejected("InvalidAssetHref", f"Asset '{key}' has an unsupported href: {href}")
