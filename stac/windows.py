"""Windows of time: split without a hole and without an overlap.

Both ends of a window belong to it, as those of a STAC `datetime` interval do. The finest time that sources keep is the
microsecond, so a window that ends at t is followed by one that starts a microsecond later.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

TICK = timedelta(microseconds=1)
"""The finest difference between two instants."""


class Window(NamedTuple):
    """An interval of time; both ends are inclusive, in UTC, and not open."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is; a single instant is one microsecond."""
        return self.end - self.start + TICK

    @property
    def text(self) -> str:
        """RFC 3339 interval."""
        return f"{_text(self.start)}/{_text(self.end)}"


class Span(NamedTuple):
    """An interval of time whose ends may be open (None); both are inclusive."""

    start: datetime | None
    end: datetime | None

    @property
    def text(self) -> str:
        """RFC 3339 interval, with `..` for an open end."""
        return f"{_text(self.start)}/{_text(self.end)}"

    @property
    def window(self) -> Window | None:
        """The same, or None if an end is open."""
        return Window(self.start, self.end) if self.start and self.end else None

    def bounded(self, first: datetime, last: datetime) -> list["Span"]:
        """Return the span in parts: between `first` and `last`, and what is open before and after.

        Nothing is left out, whether or not `first` and `last` are right. An empty list says that they do not help: an
        open end lies beyond them already.
        """
        start, end = self.start or first, self.end or last
        if start > end:
            return []
        before = [] if self.start else [Span(None, start - TICK)]
        after = [] if self.end else [Span(end + TICK, None)]
        return [*before, Span(start, end), *after]


def halves(window: Window) -> list[Window]:
    """Return the two halves, the earlier first; a single instant cannot be halved and is returned as it is."""
    return parts(window, 2)


def parts(window: Window, count: int) -> list[Window]:
    """Return `count` parts of equal length, to the microsecond; fewer if there are fewer microseconds.

    Raises:
        ValueError: `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"a window is split into 1 part or more, not {count}")
    ticks = window.length // TICK
    count = min(count, ticks)
    starts = [window.start + number * ticks // count * TICK for number in range(count)]
    return _between(starts, window.end)


def days(window: Window) -> list[Window]:
    """Return the parts of the window that lie in one UTC day each."""
    return _between(list(_starts(window, _next_day)), window.end)


def months(window: Window) -> list[Window]:
    """Return the parts of the window that lie in one UTC month each."""
    return _between(list(_starts(window, _next_month)), window.end)


def _starts(window: Window, following: Callable[[datetime], datetime]) -> Iterator[datetime]:
    start = window.start.astimezone(UTC)
    while start <= window.end:
        yield start
        try:
            start = following(start)
        except (OverflowError, ValueError):  # the last day or month that Python knows
            return


def _next_day(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _next_month(instant: datetime) -> datetime:
    first = instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _between(starts: list[datetime], end: datetime) -> list[Window]:
    ends = [start - TICK for start in starts[1:]] + [end]
    return [Window(start, last) for start, last in zip(starts, ends, strict=True)]


def _text(instant: datetime | None) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else ".."
