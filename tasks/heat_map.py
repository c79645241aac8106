"""A picture of completeness: one cell for each day, coloured by how much of the source's imagery the catalog has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from math import floor
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from stac.census import Census, DayCensus
from stac.day_grid import Grid, grid_of

HATCH = "#ffffff44"
DPI = 110
"""Pixels an inch: a year is some 1,500 x 700 pixels."""
LEFT, RIGHT, TOP, BOTTOM = 1.0, 0.35, 1.4, 0.6
"""Inches around the cells: names of rows, nothing, title and names of columns, legend."""
LEAST_WIDTH = 8.6
"""Inches that title and legend take."""


@dataclass(frozen=True)
class Look:
    """How a day is drawn, and what the legend says of it."""

    label: str
    face: str
    ink: str
    hatch: str = ""


COMPLETE = Look("complete", "#1b8a6b", "white")
MOSTLY = Look("partly, half or more", "#ffe08a", "#333333")
PARTLY = Look("partly, less than half", "#f2a23a", "#333333")
MISSING = Look("missing", "#b3202c", "white", "////")  # hatched: red and green are one to some eyes
EXTRA = Look("only in the catalog", "#7a5aa6", "white")
EMPTY = Look("no imagery", "#e9ecef", "#9aa1a8")
LOOKS = (COMPLETE, MOSTLY, PARTLY, MISSING, EXTRA, EMPTY)


def look_of(day: DayCensus | None) -> Look:
    """Return how a day is drawn; None is a day on which neither source nor catalog has Items."""
    if day is None or not (day.source or day.catalog):
        return EMPTY
    if day.share is None:
        return EXTRA
    if day.share == 1:
        return COMPLETE
    return MISSING if day.share == 0 else MOSTLY if day.share >= 0.5 else PARTLY


def number_of(day: DayCensus | None, characters: int) -> str:
    """Return the Items of a day in at most so many characters; nothing if they do not fit."""
    if day is None or not (day.source or day.catalog):
        return ""
    if day.share is None:
        texts = [f"+{day.catalog}"]
    elif day.share == 1:
        texts = [f"{day.source}", f"{day.source / 1000:.0f}k"]
    else:
        percent = min(99, max(1, round(day.share * 100))) if day.complete else 0
        texts = [f"{day.complete}/{day.source}", f"{percent}%"]
    return next((text for text in texts if len(text) <= characters), "")


def heat_map(census: Census, first: date, last: date, title: str) -> bytes:
    """Return a PNG of the completeness of each day.

    Args:
        first, last: the window, UTC days, both inclusive.
        title: what was counted, such as the Collection and the areas.

    Raises:
        ValueError: as `grid_of`.
    """
    grid = grid_of(first, last)
    days = {day.day: day for day in census.days if day.day}
    figure, axes = _sheet(grid)
    for row in grid.breaks:
        axes.axhline(row, color="#444444", linewidth=1.2, zorder=3)
    for day in grid.cells:
        _draw(axes, grid, day, days.get(day))
    _head(figure, f"{title}\n{first} to {last}" if last > first else f"{title}\n{first}", summary(census))
    _legend(figure, {look_of(days.get(day)) for day in grid.cells})
    png = BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def summary(census: Census) -> str:
    """Return the census in one line."""
    total = census.total
    if total.share is None:
        share = "The source has no Items"
    else:
        percent = floor(total.share * 1000) / 10  # never 100 as long as something is missing
        share = f"{total.complete:,} of {total.source:,} Items complete ({percent:g} %)"
    counts = {
        "missing": total.missing,
        "changed at the source": total.changed,
        "unproven": total.unproven,
        "only in the catalog": total.extra,
    }
    named = [f"{len(ids):,} {what}" for what, ids in counts.items() if ids]
    return ": ".join([share, ", ".join(named)]) if named else share


def _sheet(grid: Grid) -> tuple[Figure, Axes]:
    """Return an empty figure, with axes whose unit is the cell."""
    cells_wide, cells_high = len(grid.columns) * grid.width, len(grid.rows) * grid.height
    width, height = max(LEAST_WIDTH, LEFT + cells_wide + RIGHT), TOP + cells_high + BOTTOM
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((LEFT / width, BOTTOM / height, cells_wide / width, cells_high / height))
    axes.set(xlim=(0, len(grid.columns)), ylim=(len(grid.rows), 0))
    axes.set_xticks([number + 0.5 for number in range(len(grid.columns))], grid.columns)
    axes.set_yticks([number + 0.5 for number in range(len(grid.rows))], grid.rows)
    axes.tick_params(length=0, labelsize=9, colors="#444444", labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return figure, axes


def _draw(axes: Axes, grid: Grid, day: date, counted: DayCensus | None) -> None:
    (column, row), look = grid.cells[day], look_of(counted)
    axes.add_patch(
        Rectangle((column, row), 1, 1, facecolor=look.face, edgecolor="white", linewidth=2 if grid.shows_dates else 1.2)
    )
    if look.hatch:
        inside = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, fill=False, linewidth=0)
        inside.set(hatch=look.hatch, edgecolor=HATCH)
        axes.add_patch(inside)
    text = number_of(counted, grid.characters)
    axes.text(column + 0.5, row + 0.55, text, color=look.ink, size=grid.size, ha="center", va="center")
    if grid.shows_dates:
        axes.text(column + 0.06, row + 0.08, _date_of(day), color=look.ink, size=7, ha="left", va="top", alpha=0.8)


def _date_of(day: date) -> str:
    return f"{day.day} {day:%b}" if day.day == 1 else str(day.day)


def _head(figure: Figure, title: str, line: str) -> None:
    width, height = figure.get_size_inches()
    wrapped = "\n".join(fill(part, int(width * 8.5), max_lines=1) for part in title.splitlines())
    figure.text(
        0.2 / width, 1 - 0.18 / height, wrapped, size=13, weight="bold", va="top", linespacing=1.25, parse_math=False
    )
    figure.text(0.2 / width, 1 - 0.78 / height, line, size=10.5, color="#444444", va="top")


def _legend(figure: Figure, looks: Collection[Look]) -> None:
    """Name the colours: the four that matter always, others where they occur."""
    shown = [look for look in LOOKS if look in looks or look is not EXTRA]
    patches = [
        Patch(facecolor=look.face, hatch=look.hatch, edgecolor=HATCH if look.hatch else look.face, label=look.label)
        for look in shown
    ]
    width, height = figure.get_size_inches()
    figure.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=(0.1 / width, 0.08 / height),
        ncols=len(patches),
        frameon=False,
        fontsize=9,
        handlelength=1.4,
        columnspacing=1.4,
    )
