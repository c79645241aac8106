"""The emulator's own time: the wall clock plus what tests have advanced it by."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Wall clock that can be moved forward, so that tests need not wait."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        """Read seconds since the epoch from `source`."""
        self._source = source
        self._offset = 0.0

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._source() + self._offset

    def now(self) -> datetime:
        """Return the same instant as an aware UTC datetime."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`.

        Raises:
            ValueError: `seconds` is negative; stored times would lie in the future.
        """
        if seconds < 0:
            raise ValueError("time can only be advanced")
        self._offset += seconds

    def reset(self) -> None:
        """Return to the wall clock."""
        self._offset = 0.0


def wire_time(seconds: float, *, trim: bool = True) -> str:
    """Format seconds since the epoch as the GeoCatalog does.

    Seven fractional digits in UTC with `Z`; trailing zeros are trimmed in operations
    and Collections, but kept in `connectionInfo.expiration`.
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
    return (text.rstrip("0").rstrip(".") if trim else text) + "Z"


def parse_time(text: str) -> float:
    """Return seconds since the epoch for an RFC 3339 time; no zone means UTC.

    Raises:
        ValueError: the text is not an ISO 8601 date and time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
