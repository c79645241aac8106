"""Show statistics of areas on a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.terminal import MAX_ROWS
from models.area_report import AreaStatisticsReport


def area_table(report: AreaStatisticsReport) -> Table:
    """Return a table of areas with the mean of their periods."""
    left_out = len(report.summaries) - MAX_ROWS
    table = Table(title=report.title, caption=f"and {left_out} more areas" if left_out > 0 else None)
    table.add_column("area", overflow="fold")
    for name in ("mean", "least", "greatest", "measured", "no imagery", *(["failed"] if report.failed else [])):
        table.add_column(name, justify="right")
    for area in report.summaries[:MAX_ROWS]:
        values = ("" if value is None else f"{value:.3f}" for value in (area.mean, area.low, area.high))
        counts = (area.measured, area.empty, *([area.failed] if report.failed else []))
        table.add_row(escape(area.name), *values, *map(str, counts))
    return table


def print_areas(console: Console, report: AreaStatisticsReport) -> None:
    """Print the means of areas, the outcome, and where the results are."""
    console.print(area_table(report))
    colour = "green" if report.measured else "yellow"
    console.print(f"[bold {colour}]{escape(report.sentence)}[/]", highlight=False, soft_wrap=True)
    files = report.files
    places = {"Report": files.page, "Table": files.csv, "Comparison": files.comparison}
    places |= {f"Animation of {name}": path for name, path in list(files.animations.items())[:1]}
    for what, path in places.items():
        console.print(f"{escape(what)}: {path}", highlight=False, soft_wrap=True)
    if len(files.animations) > 1:
        console.print(f"... and {len(files.animations) - 1} animations of other areas", highlight=False)
