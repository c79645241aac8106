"""Is what the GeoCatalog holds the Item that was sent?

The service rewrites hrefs and links, adds members that start with `_msft:` and migrates extensions (seen: projection
1.0 to 1.1, eo 1.0 to 1.1, which rename and reshape their fields), so equality is that of what it must keep.
"""

from datetime import UTC, datetime
from typing import Any

from models.area import JsonDict

_MIGRATED = ("proj:", "eo:bands", "raster:bands", "bands")
_TOLERANCE = 1e-6
"""Degrees, a tenth of a metre; and of other numbers, in their own unit."""


def differences(sent: JsonDict, held: JsonDict) -> list[str]:
    """Return the names of members that differ, or an empty list.

    Args:
        sent: the Item as it was posted.
        held: the Item as search returns it.
    """
    named = [name for name in ("id", "collection", "bbox") if not _same(sent.get(name), held.get(name))]
    if not _same_geometry(sent.get("geometry"), held.get("geometry")):
        named.append("geometry")
    if set(sent.get("assets") or {}) != set(held.get("assets") or {}):
        named.append("assets")
    kept: JsonDict = held.get("properties") or {}
    for name, value in (sent.get("properties") or {}).items():
        if not name.startswith(_MIGRATED) and not _same(value, kept.get(name)):
            named.append(name)
    return named


def _same_geometry(sent: JsonDict | None, held: JsonDict | None) -> bool:
    if sent is None or held is None:
        return sent is held
    return sent.get("type") == held.get("type") and _same(sent.get("coordinates"), held.get("coordinates"))


def _same(sent: Any, held: Any) -> bool:
    if isinstance(sent, bool) or isinstance(held, bool):
        return sent is held
    if isinstance(sent, int | float) and isinstance(held, int | float):
        return abs(sent - held) <= _TOLERANCE
    if isinstance(sent, list | tuple) and isinstance(held, list | tuple):
        return len(sent) == len(held) and all(_same(a, b) for a, b in zip(sent, held, strict=True))
    if isinstance(sent, str) and isinstance(held, str):
        return sent == held or _instant(sent) == (_instant(held) or 0)
    return bool(sent == held)


def _instant(text: str) -> datetime | None:
    """Return the instant that an RFC 3339 text names: the service may write it with other fractional digits."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None
