"""Windows of time: no hole, no overlap."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from stac.windows import TICK, Span, Window, days, halves, months, parts


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


YEAR = Window(utc(2024, 1, 1), utc(2024, 12, 31, 23, 59, 59, 999_999))


def assert_whole(split: list[Window], window: Window) -> None:
    assert split[0].start == window.start
    assert split[-1].end == window.end
    assert all(part.start <= part.end for part in split)
    assert all(later.start - earlier.end == TICK for earlier, later in pairwise(split))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 365, 1000])
def test_parts_leave_no_instant_out_and_double_none(count):
    split = parts(YEAR, count)
    assert len(split) == count
    assert_whole(split, YEAR)
    assert max(p.length for p in split) - min(p.length for p in split) <= TICK


def test_halves_end_at_a_single_instant():
    window = Window(utc(2024, 1, 1), utc(2024, 1, 1) + 2 * TICK)
    assert [part.length for part in halves(window)] == [TICK, 2 * TICK]
    assert_whole(halves(window), window)
    instant = Window(window.start, window.start)
    assert halves(instant) == [instant]


def test_no_parts_is_an_error():
    with pytest.raises(ValueError, match="1 part or more, not 0"):
        parts(YEAR, 0)


def test_days_of_a_leap_year():
    split = days(YEAR)
    assert len(split) == 366
    assert_whole(split, YEAR)
    assert {part.length for part in split} == {timedelta(days=1)}


def test_days_and_months_keep_the_ends_of_the_window():
    window = Window(utc(2023, 12, 30, 13), utc(2024, 3, 1))
    assert_whole(days(window), window)
    assert len(days(window)) == 63
    assert [part.text for part in months(window)] == [
        "2023-12-30T13:00:00Z/2023-12-31T23:59:59.999999Z",
        "2024-01-01T00:00:00Z/2024-01-31T23:59:59.999999Z",
        "2024-02-01T00:00:00Z/2024-02-29T23:59:59.999999Z",
        "2024-03-01T00:00:00Z/2024-03-01T00:00:00Z",
    ]


def test_the_last_day_that_python_knows():
    window = Window(utc(9999, 12, 30), datetime.max.replace(tzinfo=UTC))
    assert len(days(window)) == 2
    assert months(window) == [window]


def test_an_open_span_is_bounded_without_loss():
    first, last = utc(2015, 6, 27), utc(2024, 6, 1)
    whole = Span(None, None).bounded(first, last)
    assert [part.text for part in whole] == [
        "../2015-06-26T23:59:59.999999Z",
        "2015-06-27T00:00:00Z/2024-06-01T00:00:00Z",
        "2024-06-01T00:00:00.000001Z/..",
    ]
    assert Span(utc(2024, 1, 1), None).bounded(first, last) == [
        Span(utc(2024, 1, 1), last),
        Span(last + TICK, None),
    ]


def test_bounds_that_do_not_help_are_said():
    assert Span(utc(2030, 1, 1), None).bounded(utc(2015, 1, 1), utc(2024, 1, 1)) == []
    assert Span(None, utc(2000, 1, 1)).bounded(utc(2015, 1, 1), utc(2024, 1, 1)) == []
