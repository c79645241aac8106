"""Rows as lines of text."""

from datetime import UTC, datetime

from rich.console import Console

from cli.layout import brief, lines_of
from cli.terminal import outcome_rows, print_rows
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = [
    {"Item": "a", "count": 7, "code": "Long" * 5, "empty": "", "message": "one two\nthree"},
    {"Item": "bcd", "count": 12, "code": "", "empty": "", "message": ""},
]


def test_what_fits_stands_in_columns_and_numbers_to_the_right():
    assert lines_of(ROWS, 60) == [
        "Item  count  code                  message",
        "a         7  LongLongLongLongLong  one two three",
        "bcd      12",
    ]


def test_what_does_not_fit_stands_beneath_its_row_by_name():
    assert lines_of(ROWS, 40) == [
        "Item  count  code",
        "a         7  LongLongLongLongLong",
        "    message: one two three",
        "bcd      12",
    ]
    assert lines_of(ROWS, 28)[1:4] == ["a         7  one two three", "    code:", "    LongLongLongLongLong"]


def test_a_word_longer_than_the_line_is_not_broken():
    assert lines_of(ROWS, 12)[:4] == ["Item  count", "a         7", "    code:", "    LongLongLongLongLong"]


def test_times_leave_out_this_year_and_runs_are_named_by_eight_characters():
    rows = [
        {"run": "3f2a9c1b-5d0e-4c57 (not at work)", "since": "2026-02-01 13:05:09", "at": "2026-02-01 13:05:09"},
        {"run": "run-1", "since": "2025-12-31 23:59:59", "at": ""},
    ]
    assert brief(rows, NOW) == [
        {"run": "3f2a9c1b (not at work)", "since": "Feb 01 13:05", "at": "Feb 01 13:05:09"},
        {"run": "run-1", "since": "2025-12-31", "at": ""},
    ]


def test_only_states_of_items_are_coloured():
    failed = ItemOutcome(item_id="b", state=ItemState.FAILED, failure=Failure.of("EmptyAsset", "B02 failed"))
    outcomes = [ItemOutcome(item_id="a", state=ItemState.PROVEN, assets_read=21), failed]
    console = Console(force_terminal=True, width=40, color_system="standard", record=True, legacy_windows=False)
    with console.capture() as printed:
        print_rows(console, outcome_rows(outcomes))
    assert printed.get() == (
        "Item  state   assets read\n"
        "b     \x1b[31mfailed\x1b[0m            0\n"
        "    cause: EmptyAsset (permanent): B02\n"
        "    failed\n"
        "a     \x1b[32mproven\x1b[0m           21\n"
    )
