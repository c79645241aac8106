"""What the GeoCatalog demands of a Collection, and how it shows one."""

import re
from typing import Any

from emulator.clock import wire_time
from emulator.geocatalog.errors import collection_not_found, invalid
from emulator.json_types import JsonDict
from emulator.state import EmulatorState

COLLECTION_ID = re.compile(r"[A-Za-z0-9\-_.]+")
REQUIRED = ("id", "type", "stac_version", "description", "license", "extent")


def check_collection(body: Any) -> JsonDict:
    """Return a valid Collection.

    Raises:
        GeoCatalogError: 400, names what is wrong.
    """
    if not isinstance(body, dict):
        raise invalid("The request body must be a STAC Collection.")
    if missing := [name for name in REQUIRED if not body.get(name)]:
        raise invalid(f"The collection lacks the required property '{missing[0]}'.")
    if body["type"] != "Collection":
        raise invalid("The collection's 'type' must be 'Collection'.")
    if not isinstance(body["id"], str) or not COLLECTION_ID.fullmatch(body["id"]):
        raise invalid("The collection's 'id' may have only letters, digits, '-', '_' and '.'.")
    _check_extent(body["extent"])
    return body


def _check_extent(extent: Any) -> None:
    parts = extent if isinstance(extent, dict) else {}
    spatial, temporal = parts.get("spatial") or {}, parts.get("temporal") or {}
    if not (spatial.get("bbox") and temporal.get("interval")):
        raise invalid("The collection's 'extent' needs 'spatial.bbox' and 'temporal.interval'.")


def check_no_assets(body: JsonDict) -> None:
    """Refuse a new Collection that brings assets (400)."""
    if "assets" in body:
        raise invalid("Collection assets must be added using the GeoCatalog Collection Asset API.")


def check_same_assets(body: JsonDict, live: JsonDict) -> None:
    """Refuse a replacement that adds or drops assets (400): they have an API of their own."""
    sent, there = set(body.get("assets") or {}), set(live.get("assets") or {})
    if dropped := sorted(there - sent):
        raise invalid(f"'{dropped[0]}' must be removed using the GeoCatalog Collection Asset API")
    if added := sorted(sent - there):
        raise invalid(f"'{added[0]}' must be added using the GeoCatalog Collection Asset API")


def require_collection(state: EmulatorState, collection_id: str) -> JsonDict:
    """Return an existing Collection.

    Raises:
        GeoCatalogError: 404.
    """
    collection = state.catalog.get_collection(collection_id)
    if collection is None:
        raise collection_not_found(collection_id)
    return collection


def touch(state: EmulatorState, collection: JsonDict) -> JsonDict:
    """Store a changed Collection with a new `msft:_updated`; return it."""
    changed = {**collection, "msft:_updated": wire_time(state.clock.time())}
    state.catalog.put_collection(changed)
    return changed
