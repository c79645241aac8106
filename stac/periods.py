"""Periods of the calendar: weeks, months, quarters and years, with labels that sort in the order of time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from models.area_statistics import Period
from models.area_statistics_request import AreaStatisticsRequest, Every
from models.period import bounds_of

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_LONGEST = {"week": 7, "month": 31, "quarter": 92, "year": 366}
"""Days: so far from the begin of any period, the next one has begun, and not the one after it."""
ONE_DAY = timedelta(days=1)


def periods_of(request: AreaStatisticsRequest, today: date) -> list[Period]:
    """Return the periods that a request asks for, in the order of time, each once.

    Args:
        today: the UTC day; `last` counts back from its period, which is taken whole, so that it is the same tomorrow.
    """
    if request.periods:
        ranges = sorted({_days(text) for text in request.periods})
        return [Period(label=f"{start}/{end}", start=start, end=end) for start, end in ranges]
    if request.last:
        start, end = _back(today, request.every, request.last - 1), _following(today, request.every) - ONE_DAY
        return list(calendar_periods(start, end, request.every))
    return list(calendar_periods(*_days(request.datetime_range or ""), request.every))


def calendar_periods(start: date, end: date, every: Every) -> Iterator[Period]:
    """Yield the periods from one day to another, both inclusive; the first and the last are cut at these days."""
    while start <= end:
        last = min(_following(start, every) - ONE_DAY, end)
        yield Period(label=label_of(start, every), start=start, end=last)
        start = last + ONE_DAY


def label_of(day: date, every: Every) -> str:
    """Return how the period of a day is called: 2023-W05 (ISO 8601 week), 2023-02, 2023-Q1 or 2023."""
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    if every == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if every == "month" else f"{day:%Y}"


def _begin(day: date, every: Every) -> date:
    """Return the first day of the period that a day is in."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _following(day: date, every: Every) -> date:
    """Return the first day of the period after the one that a day is in."""
    return _begin(_begin(day, every) + timedelta(days=_LONGEST[every]), every)


def _back(day: date, every: Every, count: int) -> date:
    """Return the first day of the period that is so many before the one of a day."""
    begin = _begin(day, every)
    for _ in range(count):
        begin = _begin(begin - ONE_DAY, every)
    return begin


def _days(datetime_range: str) -> tuple[date, date]:
    start, end = bounds_of(datetime_range)
    assert start and end  # noqa: S101 - the request has checked it; for the type checker
    return start.date(), end.date()


def today() -> date:
    """Return the day, UTC."""
    return datetime.now(UTC).date()
