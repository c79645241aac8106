"""A calendar as a grid: where each day of a window lies in a picture."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MOST_DAYS_BY_WEEK = 92
"""Days, a quarter, up to which a row is a week; above, a row is a month."""
MOST_ROWS = 240
"""Rows of a picture, 20 years of months; more would be too small to see."""


@dataclass(frozen=True)
class Grid:
    """Where days lie: columns across, rows down.

    Attributes:
        cells: column and row of each day.
        columns, rows: their names.
        width, height: of a cell, inches.
        characters: most characters of a number in a cell.
        size: of the numbers, points.
        shows_dates: whether a cell has room for the day of the month.
        breaks: rows above which a year begins.
    """

    cells: dict[date, tuple[int, int]]
    columns: list[str]
    rows: list[str]
    width: float
    height: float
    characters: int
    size: float
    shows_dates: bool
    breaks: tuple[int, ...] = ()


def grid_of(first: date, last: date) -> Grid:
    """Return the grid of a window of days, both inclusive: weeks below each other if it is short, else months.

    Raises:
        ValueError: the window ends before it starts, or is longer than `MOST_ROWS` months.
    """
    if last < first:
        raise ValueError(f"the window ends, {last}, before it starts, {first}")
    return _weeks(first, last) if (last - first).days < MOST_DAYS_BY_WEEK else _months(first, last)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def _weeks(first: date, last: date) -> Grid:
    monday = first - timedelta(first.weekday())
    cells = {day: (day.weekday(), (day - monday).days // 7) for day in _days(first, last)}
    rows = [f"{day.day} {day:%b %Y}" for day in _days(monday, last) if day.weekday() == 0]
    return Grid(cells, list(calendar.day_abbr), rows, 0.95, 0.62, 9, 10, shows_dates=True)


def _months(first: date, last: date) -> Grid:
    def number(day: date) -> int:
        return (day.year - first.year) * 12 + day.month - first.month

    if number(last) >= MOST_ROWS:
        raise ValueError(f"a picture takes {MOST_ROWS} months at most; {first} to {last} has {number(last) + 1}")
    cells = {day: (day.day - 1, number(day)) for day in _days(first, last)}
    rows = [f"{date(first.year + n // 12, n % 12 + 1, 1):%b %Y}" for n in _month_numbers(first, number(last))]
    breaks = tuple(row for row, name in enumerate(rows) if row and name.startswith("Jan"))
    columns = [str(day) for day in range(1, 32)]
    return Grid(cells, columns, rows, 0.4, 0.32, 5, 7.5, shows_dates=False, breaks=breaks)


def _month_numbers(first: date, count: int) -> range:
    return range(first.month - 1, first.month + count)
