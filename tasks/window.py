"""Which acquisition times a run asks for, and how far its request is complete."""

import json
from datetime import datetime, timedelta
from hashlib import blake2b

from ledger.ledger import Ledger
from models.period import bounds_of
from models.requests import IngestRequest
from settings import get_settings
from tasks.areas import resolve_areas

Window = tuple[datetime | None, datetime | None]
"""Start and end, UTC, both inclusive; None where open."""

_NOT_SIGNED = {
    *("datetime_range", "lookback_days", "item_ids", "max_items"),
    *("proof", "verify_asset", "replace_changed"),
    *("areas", "geojson_file"),  # signed by what they hold
}
"""Members of a request that do not change which Items belong to it in the long run."""


def signature_of(request: IngestRequest) -> str:
    """Return a short text that runs of the same request share, whatever window they look at.

    An area counts by what its file holds now: a file that grows makes another request, which has no watermark yet.
    """
    members = request.model_dump(mode="json", exclude=_NOT_SIGNED)
    if request.areas or request.geojson_file:
        members["ground"] = [area.query for area in resolve_areas(request, get_settings().areas_dir)]
    return blake2b(json.dumps(members, sort_keys=True).encode(), digest_size=16).hexdigest()


def window_of(request: IngestRequest, ledger: Ledger, now: datetime) -> Window:
    """Return the acquisition times to ask for.

    With `lookback_days`: from that many days ago, or from the watermark if that is older, until now. So a schedule that
    was missed, a crash or a late publication leaves no hole.
    """
    if request.lookback_days is None:
        return bounds_of(request.datetime_range)
    start = now - timedelta(days=request.lookback_days)
    reached = ledger.watermark(signature_of(request))
    return (min(start, reached) if reached else start), now


def move_watermark(request: IngestRequest, ledger: Ledger, window: Window, asked_at: datetime) -> None:
    """Note how far the request is complete: to when the source was asked, but not past an Item that is still open."""
    if request.lookback_days is None or request.max_items is not None or request.item_ids:
        return
    start, end = window
    oldest = ledger.oldest_open(request.collection_id, start, end)
    ledger.move_watermark(signature_of(request), min(asked_at, oldest) if oldest else asked_at)
