"""Periods of the calendar."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from models.area_statistics_request import AreaStatisticsRequest
from stac.periods import label_of, periods_of

TODAY = date(2024, 2, 29)
BOX = [9.0, 47.0, 9.1, 47.1]


def periods(**when):
    found = periods_of(AreaStatisticsRequest(bbox=BOX, **when), TODAY)
    return [(period.label, str(period.start), str(period.end)) for period in found]


def test_twelve_months():
    year = periods(datetime_range="2023-01-01/2023-12-31")
    assert [label for label, _, _ in year] == [f"2023-{month:02d}" for month in range(1, 13)]
    assert year[0] == ("2023-01", "2023-01-01", "2023-01-31")
    assert year[1] == ("2023-02", "2023-02-01", "2023-02-28")
    assert year[11] == ("2023-12", "2023-12-01", "2023-12-31")


def test_a_period_that_begins_on_the_last_day_is_one():
    assert periods(datetime_range="2023-12-31/2024-01-01") == [
        ("2023-12", "2023-12-31", "2023-12-31"),
        ("2024-01", "2024-01-01", "2024-01-01"),
    ]


def test_weeks_begin_on_monday_and_are_cut_at_the_ends():
    assert periods(datetime_range="2020-12-30/2021-01-05", every="week") == [
        ("2020-W53", "2020-12-30", "2021-01-03"),
        ("2021-W01", "2021-01-04", "2021-01-05"),
    ]


def test_quarters_and_years():
    assert periods(datetime_range="2023-02-01/2023-07-01", every="quarter") == [
        ("2023-Q1", "2023-02-01", "2023-03-31"),
        ("2023-Q2", "2023-04-01", "2023-06-30"),
        ("2023-Q3", "2023-07-01", "2023-07-01"),
    ]
    assert periods(datetime_range="2023-12-31/2024-12-31", every="year") == [
        ("2023", "2023-12-31", "2023-12-31"),
        ("2024", "2024-01-01", "2024-12-31"),
    ]


def test_the_last_periods_end_with_that_of_today():
    assert periods(last=1) == [("2024-02", "2024-02-01", "2024-02-29")]
    assert periods(last=1, every="week") == [("2024-W09", "2024-02-26", "2024-03-03")]
    assert [label for label, _, _ in periods(last=3)] == ["2023-12", "2024-01", "2024-02"]
    assert periods(last=2, every="year")[0] == ("2023", "2023-01-01", "2023-12-31")


def test_explicit_periods_are_put_in_order_and_once():
    wanted = ["2023-06-01/2023-06-10", "2023-05-01/2023-05-31", "2023-06-01/2023-06-10"]
    assert [label for label, _, _ in periods(periods=wanted)] == ["2023-05-01/2023-05-31", "2023-06-01/2023-06-10"]


@pytest.mark.parametrize("every", ["week", "month", "quarter", "year"])
def test_no_day_is_lost_or_counted_twice_in_thirty_years(every):
    found = periods_of(AreaStatisticsRequest(bbox=BOX, datetime_range="1999-11-17/2029-03-03", every=every), TODAY)
    assert (found[0].start, found[-1].end) == (date(1999, 11, 17), date(2029, 3, 3))
    for one, following in pairwise(found):
        assert following.start == one.end + timedelta(days=1)
        assert label_of(one.start, every) == label_of(one.end, every) == one.label < following.label


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ({"datetime_range": "2023-01-01/.."}, "is open; statistics need both ends"),
        ({}, "exactly one of datetime_range, last and periods as the time; got none"),
        ({"last": 3, "datetime_range": "2023-01-01/2023-02-01"}, "got datetime_range and last"),
        ({"datetime_range": "2023-02-01/2023-01-01"}, "ends before it starts"),
    ],
)
def test_what_cannot_be_periods_is_said(when, sentence):
    with pytest.raises(ValueError, match=sentence):
        periods(**when)
