"""Datetime ranges as STAC writes them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

_EXAMPLE = "write it as START/END, such as 2024-02-04/2024-02-11 or 2024-02-04T00:00:00Z/.."


def _instant(text: str, *, end: bool) -> datetime | None:
    """Return the instant in UTC; None for an open end. A date alone is its whole day, so that an end is inclusive."""
    if text in ("", ".."):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date or an RFC 3339 time; {_EXAMPLE}") from None
    if end and "T" not in text.upper() and " " not in text:
        instant = instant.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def bounds_of(datetime_range: str) -> tuple[datetime | None, datetime | None]:
    """Return start and end of a range in UTC, both inclusive; None where it is open.

    Raises:
        ValueError: the text is not a range; the message says how to write one.
    """
    parts = datetime_range.strip().split("/")
    if not datetime_range.strip() or len(parts) > 2:
        raise ValueError(f"{datetime_range!r} is not a datetime range; {_EXAMPLE}")
    start, end = _instant(parts[0], end=False), _instant(parts[-1], end=True)
    if start is None and end is None:
        raise ValueError(f"the datetime range {datetime_range!r} is open at both ends; {_EXAMPLE}")
    if start and end and start > end:
        raise ValueError(f"the datetime range {datetime_range!r} ends before it starts: swap the two")
    return start, end


def _check(datetime_range: str) -> str:
    bounds_of(datetime_range)
    return datetime_range.strip()


DatetimeRange = Annotated[str, AfterValidator(_check)]
"""START/END; dates are whole days, both ends inclusive; `..` is an open end."""
