"""Which acquisition times a run asks for, and how far its request is complete."""

import json
from datetime import datetime, timedelta
from hashlib import blake2b

from ledger.ledger import Ledger
from models.copernicus_request import CopernicusQuery
from models.delivery import Delivery
from models.period import bounds_of
from settings import get_ledger_settings
from tasks.areas import resolve_areas

Recurring = Delivery | CopernicusQuery
Window = tuple[datetime | None, datetime | None]
"""Start and end, UTC, both inclusive; None where open."""

_NOT_SIGNED = {
    *("datetime_range", "lookback_days", "item_ids", "max_items", "product_ids", "max_products"),
    *("proof", "verify_asset", "replace_changed"),
    *("areas", "geojson_file"),  # signed by what they hold
}
"""Members of a request that do not change which Items belong to it in the long run."""


def signature_of(request: Recurring) -> str:
    """Return a short text that runs of the same request share, whatever window they look at.

    An area counts by what its file holds now: a file that grows makes another request, which has no watermark yet.
    """
    members = request.model_dump(mode="json", exclude=_NOT_SIGNED)
    if request.areas or request.geojson_file:
        members["ground"] = [area.query for area in resolve_areas(request, get_ledger_settings().areas_dir)]
    return blake2b(json.dumps(members, sort_keys=True).encode(), digest_size=16).hexdigest()


def window_of(request: Recurring, ledger: Ledger, now: datetime) -> Window:
    """Return the acquisition times to ask for.

    With `lookback_days`: from that many days ago, or from that many days before the watermark if that is older, until
    now. So a schedule that was missed, a crash or a late publication leaves no hole: what was published late while no
    run came may be older than the watermark.
    """
    if request.lookback_days is None:
        return bounds_of(request.datetime_range) if request.datetime_range else (None, None)
    reached = ledger.watermark(signature_of(request)) or now
    return min(now, reached) - timedelta(days=request.lookback_days), now


def move_watermark(request: Delivery, ledger: Ledger, window: Window, asked_at: datetime) -> None:
    """Note how far the request is complete: to when the source was asked, but not past an Item that is still open."""
    if request.lookback_days is None or request.is_partial:
        return
    start, end = window
    oldest = ledger.oldest_open(request.collection_id, start, end)
    ledger.move_watermark(signature_of(request), min(asked_at, oldest) if oldest else asked_at)
