"""Charts of results: one time series for each area, and bars that compare all areas. PNG."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from io import BytesIO
from itertools import groupby
from math import nan
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from models.area_report import AreaSummary
from models.area_results import AreaResult, ResultState
from tasks.area_statistics.labels import cut

DPI = 120
"""Pixels an inch: a time series is 1,080 pixels wide, which a page shows at half of that on a fine screen."""
LINE, BAND, INK, QUIET = "#1b6e53", "#1b8a6b", "#22272b", "#6b747c"
EMPTY, FAILED = "#e9ecef", "#f4cfd2"
FAILED_EDGE = "#b3202c"
PLACE = (0.075, 0.105, 0.9, 0.77)
"""Left, bottom, width and height of a time series, as shares of the picture; labels lie outside."""
BAR_INCHES = 0.3
"""Inches that a bar takes."""
TALLEST = 40.0
"""Inches of the tallest chart: beyond 130 areas, bars are thinner."""
MOST_PIXELS = 3200
"""Height of the tallest chart; beyond 85 areas, pixels are coarser: drawing takes time and memory by the pixel."""
BAR_SHARE = 0.62
"""What of its place a bar fills."""
ABOVE, BELOW, RIGHT = 0.5, 0.6, 0.2
"""Inches around the bars."""
CHARACTER = 0.085
"""Inches of a character of a name, on average."""
NOTE_AT = 0.72
"""Inches between the end of a bar's line and what is noted there, which leave room for the mean."""


def value_range(results: Iterable[AreaResult]) -> tuple[float, float]:
    """Return the limits of the value axis that all charts of a run share: so they can be compared."""
    values = [value for result in results if result.mean is not None for value in _reach(result)]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    margin = max((high - low) * 0.08, 0.02)
    return low - margin, high + margin


def _reach(result: AreaResult) -> tuple[float, float]:
    """Return mean minus and plus standard deviation."""
    statistics = result.statistics
    mean = statistics.mean if statistics and statistics.mean is not None else nan
    std = statistics.std if statistics and statistics.std is not None else 0.0
    return mean - std, mean + std


def time_series(results: list[AreaResult], index: str, limits: tuple[float, float]) -> bytes:
    """Return the chart of one area: means by the day of acquisition, with standard deviation; gaps stay gaps.

    Args:
        results: of one area, in the order of time.
        index: name of the index.
        limits: of the value axis.
    """
    figure = Figure(figsize=(9, 3.3), dpi=DPI)
    axes = figure.add_axes(PLACE)  # a layout engine would draw each chart twice
    _dress(axes, cut(results[0].area, 60), f"mean {index.upper()}")
    _shade_gaps(axes, results)
    for run in _unbroken(results):
        days = [_moment(result.statistics.date) for result in run if result.statistics]
        means = np.array([result.mean for result in run], dtype=float)
        reach = np.array([_reach(result) for result in run])
        axes.fill_between(days, reach[:, 0], reach[:, 1], color=BAND, alpha=0.18, linewidth=0)
        if len(run) == 1:
            axes.errorbar(days, means, yerr=(means - reach[:, 0]), color=BAND, alpha=0.35, linewidth=4)
        axes.plot(days, means, color=LINE, linewidth=1.8, marker="o", markersize=5.5, markeredgecolor="white")
    axes.set_ylim(*limits)
    axes.set_xlim(_moment(results[0].period.start), _moment(results[-1].period.end + timedelta(days=1)))
    locator = AutoDateLocator(minticks=4, maxticks=13)  # type: ignore[no-untyped-call]  # matplotlib
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # matplotlib
    _explain(axes, results)
    return _png(figure)


def comparison(summaries: list[AreaSummary], index: str, when: str) -> bytes:
    """Return the bars of all areas, the greatest first: mean of the periods' means, with the least and the greatest.

    Args:
        when: the periods in words.
    """
    ordered = sorted(summaries, key=lambda area: (area.mean is None, -(area.mean or 0.0), area.name))
    names = [cut(area.name, 40) for area in ordered]
    width, height = 9.0, min(ABOVE + BELOW + BAR_INCHES * max(len(ordered), 2), TALLEST)
    left = 0.3 + CHARACTER * max(map(len, names))
    figure = Figure(figsize=(width, height), dpi=min(DPI, MOST_PIXELS / height))
    place = (left / width, BELOW / height, (width - left - RIGHT) / width, (height - ABOVE - BELOW) / height)
    axes = figure.add_axes(place)  # a layout engine would draw it twice
    _dress(axes, f"{index.upper()} by area, {when}", "")
    rows = np.arange(len(ordered))
    inches = (height - ABOVE - BELOW) / max(len(ordered), 2)
    low, high = _draw_bars(axes, ordered, points=72 * inches * BAR_SHARE)
    axes.set_yticks(rows, names)
    axes.set_ylim(len(ordered) - 0.45, -0.55)
    start, inside = low - (0.02 if low else 0) * (high - low), width - left - RIGHT
    texts = NOTE_AT + CHARACTER * max(len(_note_of(area)) for area in ordered)
    axes.set_xlim(start, start + (high - start) * inside / (inside - texts))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("mean of the periods; line: least to greatest period", color=QUIET, fontsize=9)
    return _png(figure)


def _draw_bars(axes: Axes, areas: list[AreaSummary], points: float) -> tuple[float, float]:
    """Draw bars, their lines from least to greatest, and texts; return the values that they reach from and to.

    Bars are thick lines, and all lines are drawn as one: a patch for each bar takes ten times as long.

    Args:
        points: thickness of a bar, in 1/72 inches.
    """
    spans = np.array([(row, area.mean, area.low, area.high) for row, area in enumerate(areas)], dtype=float)
    rows, means, lows, highs = spans[~np.isnan(spans[:, 1])].T
    axes.hlines(rows, 0, means, color=BAND, alpha=0.85, linewidth=points)
    axes.hlines(rows, lows, highs, color=INK, linewidth=1.2)
    axes.plot([lows, highs], [rows, rows], color=INK, linestyle="", marker="|", markersize=7)
    for row, area in enumerate(areas):
        _annotate_bar(axes, row, area)
    return min([0.0, *lows]), max([0.05, *highs])  # none has a value where no area has imagery


def _annotate_bar(axes: Axes, row: int, area: AreaSummary) -> None:
    """Write the mean at the end of a bar, and how many periods it is of if they are not all."""
    note = _note_of(area)
    place: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    if area.mean is None or area.high is None:
        word, colour = ("no value", FAILED_EDGE) if area.failed else ("no imagery", QUIET)
        axes.annotate(f"{word} ({note})", (0, row), (6, 0), **place, color=colour)
        return
    reach = max(area.high, 0.0)
    axes.annotate(f"{area.mean:.3f}", (reach, row), (8, 0), **place, color=INK, fontsize=10, fontweight="bold")
    if note:
        colour = FAILED_EDGE if area.failed else QUIET
        axes.annotate(note, (reach, row), (72 * NOTE_AT, 0), **place, color=colour, fontsize=9)


def _note_of(area: AreaSummary) -> str:
    """Return of how many periods a mean is; empty if of all."""
    total = area.measured + area.empty + area.failed
    if area.measured == total:
        return ""
    return f"{area.measured} of {total}" + (f", {area.failed} failed" if area.failed else "")


def _dress(axes: Axes, title: str, label: str) -> None:
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_ylabel(label, color=QUIET, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#c8cdd2")
    axes.tick_params(colors=INK, length=0, labelsize=9)
    axes.grid(color="#dfe3e6", linewidth=0.7)
    axes.set_axisbelow(True)


def _shade_gaps(axes: Axes, results: list[AreaResult]) -> None:
    """Shade periods without a value, neighbours as one."""
    for state, neighbours in groupby(results, key=lambda result: result.state):
        if state is ResultState.MEASURED:
            continue
        run = list(neighbours)
        begin, end = _moment(run[0].period.start), _moment(run[-1].period.end + timedelta(days=1))
        look: dict[str, Any] = {"facecolor": EMPTY, "edgecolor": "#cfd5da"}
        if state is ResultState.FAILED:
            look = {"facecolor": FAILED, "edgecolor": FAILED_EDGE}
        axes.axvspan(begin, end, **look, hatch="///", linewidth=0, zorder=0.5)


def _unbroken(results: list[AreaResult]) -> Iterator[list[AreaResult]]:
    """Yield the runs of results that have a value, between the gaps."""
    for has_value, run in groupby(results, key=lambda result: result.state is ResultState.MEASURED):
        if has_value:
            yield sorted(run, key=lambda result: result.statistics.date if result.statistics else date.min)


def _explain(axes: Axes, results: list[AreaResult]) -> None:
    states = {result.state for result in results}
    has_std = any(result.statistics and result.statistics.std is not None for result in results)
    parts = [Patch(facecolor=BAND, alpha=0.25, label="± standard deviation")] if has_std else []
    if ResultState.NO_IMAGERY in states:
        parts.append(Patch(facecolor=EMPTY, edgecolor="#cfd5da", hatch="///", label="no imagery"))
    if ResultState.FAILED in states:
        parts.append(Patch(facecolor=FAILED, edgecolor=FAILED_EDGE, hatch="///", label="failed"))
    if not parts:
        return
    axes.legend(
        handles=parts,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(parts),
        frameon=False,
        fontsize=8.5,
        labelcolor=QUIET,
        borderaxespad=0.2,
    )


def _moment(day: date) -> float:
    """Return a day on the axis of time."""
    return float(date2num(day))  # type: ignore[no-untyped-call]  # matplotlib


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 3})  # half the time, a tenth more bytes
    return buffer.getvalue()
