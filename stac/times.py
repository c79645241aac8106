"""When an Item was acquired, and when a Collection begins."""

from datetime import UTC, date, datetime

from models.area import JsonDict


def instant_of(item: JsonDict) -> datetime | None:
    """Return the Item's `datetime`, or the start of its interval, UTC; None if it has no readable one."""
    properties = item.get("properties") or {}
    return _parsed(properties.get("datetime") or properties.get("start_datetime"))


def day_of(item: JsonDict) -> date | None:
    """Return the UTC day on which the Item was acquired; None if it has no readable time."""
    instant = instant_of(item)
    return instant.date() if instant else None


def begin_of(collection: JsonDict) -> datetime | None:
    """Return the begin of a Collection's temporal extent, UTC; None if it is open or not named."""
    intervals = (collection.get("extent") or {}).get("temporal", {}).get("interval") or [[None]]
    return _parsed(intervals[0][0])


def _parsed(text: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
