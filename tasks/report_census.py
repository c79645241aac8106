"""Publish a census: summary, tables by day and by Item, and the picture of completeness."""

import base64
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from PIL import Image
from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed

from models.census_report import CensusReport, DayReport
from models.census_request import CensusRequest
from models.errors import ChildRunsFailed
from settings import get_settings
from stac.configuration import slug
from tasks.census import Counted
from tasks.heat_map import heat_map
from tasks.progress import say
from tasks.report import MAX_ROWS
from tasks.retries import UNCACHED

LISTS = ("missing", "changed", "unproven", "extra")
LONGEST_SIDE = 4000
"""Pixels of the picture in the UI; a year has 1,500 x 700, and its numbers are to be read."""
COLOURS = 256
"""Colours of the picture in the UI: a year then takes 20 kB, a fifth of what a JPEG does, and keeps its colours."""


def report_of(counted: Counted, request: CensusRequest) -> CensusReport:
    """Return a census as its report."""
    return CensusReport(
        collection_id=request.collection_id,
        source_collection=request.source_collection,
        areas=counted.areas,
        window=counted.span.text,
        days=[DayReport(**vars(day)) for day in counted.census.days],
    )


def day_rows(report: CensusReport) -> list[dict[str, Any]]:
    """Return a table by day; if there are more than `MAX_ROWS` days, those with gaps only, and at most so many."""
    days = report.days if len(report.days) <= MAX_ROWS else [day for day in report.days if day.gaps or day.extra]
    return [
        {
            "day (UTC)": _day(day),
            "source": day.source,
            "catalog": day.catalog,
            "proven": day.proven,
            **{name: len(getattr(day, name)) for name in LISTS},
        }
        for day in days[:MAX_ROWS]
    ]


def item_rows(report: CensusReport) -> list[dict[str, Any]]:
    """Return a table of the listed Items, missing ones first, at most `MAX_ROWS` of them."""
    rows = [
        {"Item": item_id, "day (UTC)": _day(day), "is": name}
        for name in LISTS
        for day in report.days
        for item_id in getattr(day, name)
    ]
    return rows[:MAX_ROWS]


def _day(day: DayReport) -> str:
    return str(day.day or "none named")


def census_summary(report: CensusReport) -> str:
    """Return the report as Markdown."""
    counts = [report.source, report.catalog, report.proven, *(len(getattr(report, name)) for name in LISTS)]
    lines = [
        f"# Census of {report.collection_id}",
        report.sentence,
        "",
        f"| source | catalog | proven | {' | '.join(LISTS)} |",
        f"|{'---:|' * len(counts)}",
        f"| {' | '.join(f'{count:,}' for count in counts)} |",
        "",
        f"Source Collection {report.source_collection}; {', '.join(report.areas)}; {report.window}."
        f" Time: {report.seconds:.1f} s.",
    ]
    listed = sum(len(getattr(report, name)) for name in LISTS)
    if listed > MAX_ROWS:
        lines.append(f"\nThe table of Items has the first {MAX_ROWS} of {listed:,}.")
    if report.picture_note:
        lines.append(f"\nNo picture: {report.picture_note}.")
    return "\n".join(lines)


def days_drawn(counted: Counted, today: date) -> tuple[date, date] | None:
    """Return the first and last day of the picture; an open end is that of the Items, and the future is left out."""
    days = [day.day for day in counted.census.days if day.day]
    first = counted.span.start.date() if counted.span.start else min(days, default=None)
    last = min(counted.span.end.date(), max([today, *days])) if counted.span.end else max(days, default=first)
    return (first, last) if first and last and first <= last else None


def save_picture(counted: Counted, request: CensusRequest, folder: Path, today: date) -> tuple[Path | None, str]:
    """Save the picture as a PNG; return its path, or why there is none."""
    drawn = days_drawn(counted, today)
    if drawn is None:
        return None, "there is no day to draw"
    try:
        png = heat_map(counted.census, *drawn, f"{request.collection_id}: {', '.join(counted.areas)}")
    except ValueError as error:
        return None, str(error)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{request.collection_id}-census.png"
    path.write_bytes(png)
    return path.resolve(), ""


def chart_url(path: Path) -> str:
    """Return the picture as a PNG in a data URL, with fewer colours."""
    with Image.open(path) as image:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        buffer = BytesIO()
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@task(name="draw-census", task_run_name="draw completeness by day", **UNCACHED)
def draw_census(counted: Counted, request: CensusRequest) -> tuple[Path | None, str]:
    """Save the picture of completeness; return its path, or why there is none."""
    path, note = save_picture(counted, request, get_settings().output_dir, datetime.now(UTC).date())
    say(f"Picture of completeness saved to {path}" if path else f"No picture of completeness: {note}")
    return path, note


@task(name="publish-census", task_run_name="publish census of {report.collection_id}", **UNCACHED)
def publish_census(report: CensusReport) -> None:
    """Publish summary, tables and picture of a census."""
    key = f"{slug(report.collection_id)}-census"
    create_markdown_artifact(census_summary(report), key=key, description=report.sentence)
    if report.days:
        create_table_artifact(day_rows(report), key=f"{key}-days", description=f"{len(report.days)} days with Items")
    if rows := item_rows(report):
        create_table_artifact(rows, key=f"{key}-items", description="Missing, changed, unproven and extra Items")
    if report.picture_path:
        picture = chart_url(Path(report.picture_path))
        text = f"![Completeness by day]({picture})"  # an image artifact would show the picture's bytes as text below it
        create_markdown_artifact(text, key=f"{key}-picture", description=f"Completeness by day, {report.window}")


def conclude_census(report: CensusReport) -> CensusReport:
    """Return the report; a run that leaves gaps ends as Completed too, but by the name of Gaps.

    Raises:
        ChildRunsFailed: gaps were to be filled, and an ingest failed.
    """
    if report.problems:
        raise ChildRunsFailed(report.sentence)
    if report.gaps:
        # A state returned by a flow becomes the run's state, and its data the flow's result.
        return cast(CensusReport, Completed(name="Gaps", message=report.sentence, data=report))
    return report
