"""The picture of completeness: colours, numbers, grid, and a PNG for windows of a day to years."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from PIL import Image, ImageColor

from stac.census import Census, DayCensus, SourceFact, take_census
from stac.day_grid import grid_of
from tasks.heat_map import COMPLETE, EMPTY, EXTRA, MISSING, MOSTLY, PARTLY, heat_map, look_of, number_of, summary

FIRST = date(2024, 2, 1)


def counted(source: int, complete: int, catalog: int | None = None) -> DayCensus:
    held = complete if catalog is None else catalog
    return DayCensus(FIRST, source, held, missing=[f"i{n}" for n in range(source - complete)])


@pytest.mark.parametrize(
    ("day", "look"),
    [
        (None, EMPTY),
        (counted(0, 0), EMPTY),
        (counted(0, 0, 2), EXTRA),
        (counted(6, 6), COMPLETE),
        (counted(6, 5), MOSTLY),
        (counted(6, 3), MOSTLY),
        (counted(6, 2), PARTLY),
        (counted(6, 0), MISSING),
    ],
)
def test_the_colour_of_a_day(day, look):
    assert look_of(day) is look


@pytest.mark.parametrize(
    ("day", "characters", "text"),
    [
        (None, 5, ""),
        (counted(6, 6), 5, "6"),
        (counted(6, 5), 5, "5/6"),
        (counted(120, 119), 5, "99%"),
        (counted(10_000, 1), 5, "1%"),
        (counted(1000, 0), 5, "0%"),
        (counted(12_345, 12_345), 4, "12k"),
        (counted(6, 5), 2, ""),
        (counted(0, 0, 2), 5, "+2"),
    ],
)
def test_the_number_of_a_day_fits(day, characters, text):
    assert number_of(day, characters) == text


def test_a_month_is_drawn_by_weeks():
    grid = grid_of(FIRST, date(2024, 2, 29))
    assert grid.rows == ["29 Jan 2024", "5 Feb 2024", "12 Feb 2024", "19 Feb 2024", "26 Feb 2024"]
    assert grid.cells[FIRST] == (3, 0)
    assert grid.cells[date(2024, 2, 29)] == (3, 4)


def test_years_are_drawn_by_months():
    grid = grid_of(date(2022, 11, 5), date(2024, 2, 29))
    assert (grid.rows[0], grid.rows[-1], len(grid.rows)) == ("Nov 2022", "Feb 2024", 16)
    assert grid.breaks == (2, 14)
    assert grid.cells[date(2023, 1, 1)] == (0, 2)
    assert len(set(grid.cells.values())) == len(grid.cells) == 482


def test_a_window_that_cannot_be_drawn_is_said():
    with pytest.raises(ValueError, match="ends, 2024-01-31, before it starts"):
        grid_of(FIRST, date(2024, 1, 31))
    with pytest.raises(ValueError, match="240 months at most"):
        grid_of(date(1984, 1, 1), FIRST)


@pytest.mark.parametrize("days", [1, 29, 92, 93, 366, 1096])
def test_a_png_of_any_window(days):
    last = FIRST + timedelta(days - 1)
    source = {f"i{n}": SourceFact(FIRST + timedelta(n % days), "f") for n in range(2 * days)}
    catalog = {item_id: fact.day for item_id, fact in source.items() if hash(item_id) % 3}
    png = heat_map(take_census(source, catalog, {}), FIRST, last, "sentinel-2-l2a in a place with a long name " * 4)
    with Image.open(BytesIO(png)) as image:
        assert image.format == "PNG"
        assert 700 < image.width < 2000
        assert 200 < image.height < 3000


def test_the_colours_are_in_the_picture():
    png = heat_map(Census([counted(6, 6)]), FIRST, FIRST + timedelta(2), "c")
    with Image.open(BytesIO(png)) as image:
        rgb = image.convert("RGB")
        found = {color for _, color in rgb.getcolors(rgb.width * rgb.height)}
    assert ImageColor.getrgb(COMPLETE.face) in found
    assert ImageColor.getrgb(EMPTY.face) in found


def test_the_summary_never_rounds_up_to_complete():
    assert summary(Census([counted(10_000, 9_999)])) == "9,999 of 10,000 Items complete (99.9 %): 1 missing"
    assert summary(Census([counted(6, 6)])) == "6 of 6 Items complete (100 %)"
    assert summary(Census([])) == "The source has no Items"
