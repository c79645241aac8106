"""`geocatalog demo-areas`: five areas in the months of 2023, by the local GeoCatalog and by ObservEarth's stand-in."""

import csv
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.area_statistics import print_areas
from cli.demo_servers import demo_servers, stop_demo
from cli.run import run_flow
from models.area_report import AreaStatisticsReport
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import RunFailed
from models.requests import IngestRequest, OnboardRequest

FOLDER = Path(".demo-areas")
COLLECTION = "sentinel-2-l2a"
AREAS = ["coast-hill", "coast-lagoon-shore", "coast-lava", "coast-meadow-east", "coast-meadow-west"]
YEAR = "2023-01-01/2023-12-31"
TOLERANCE = 0.01
"""Largest difference of two means of NDVI that is no difference: that of one part in two hundred of its range."""
Row = dict[str, str]


def run_demo_areas(*, keep: bool = False, stop: bool = False) -> int:
    """Run the demo, or stop what an earlier one left up; return the exit code.

    Args:
        keep: leave servers and Collection up.
        stop: only stop.

    Raises:
        RunFailed: the two providers disagree, or found nothing to compare.
    """
    console = Console(highlight=False)
    stop_demo(console, FOLDER, tell=stop)
    if stop:
        return 0
    console.print("[bold]GeoCatalog Flows: NDVI of five areas in twelve months, measured twice[/]")
    with demo_servers(console, FOLDER, keep=keep) as (emulator_url, prefect_url):
        run_flow(OnboardRequest(collection_id=COLLECTION), console)
        run_flow(IngestRequest(collection_id=COLLECTION, areas=AREAS, datetime_range=YEAR, proof="none"), console)
        ours = _measure(console, "geocatalog")
        theirs = _measure(console, "observearth")
    _compare(console, ours, theirs)
    if keep:
        console.print(f"\nStill up: {emulator_url}/collections/{COLLECTION}, Prefect {prefect_url}", soft_wrap=True)
        console.print("Stop them with: geocatalog demo-areas --stop")
    return 0


def _measure(console: Console, provider: str) -> AreaStatisticsReport:
    request = AreaStatisticsRequest.model_validate(
        {
            "provider": provider,
            "collection_id": COLLECTION,
            "areas": AREAS,
            "datetime_range": YEAR,
            "max_cloud_cover": 60,
        }
    )
    console.print(f"\n[bold]Provider {provider}[/]")
    report = run_flow(request, console)
    assert isinstance(report, AreaStatisticsReport)  # noqa: S101 - for the type checker
    print_areas(console, report)
    return report


def _compare(console: Console, ours: AreaStatisticsReport, theirs: AreaStatisticsReport) -> None:
    """Print how far the means are apart, pair by pair.

    Raises:
        RunFailed: they are too far apart, only one of them found imagery, or neither found any.
    """
    pairs = list(zip(_rows(ours), _rows(theirs), strict=True))
    console.print()
    console.print(difference_table(pairs))
    console.print(agreement(pairs), soft_wrap=True)


def agreement(pairs: list[tuple[Row, Row]]) -> str:
    """Return in a sentence how far the means are apart.

    Raises:
        RunFailed: they are too far apart, only one of them is there, or none at all.
    """
    differing = [f"{one['area']} in {one['period']}" for one, other in pairs if _difference(one, other) > TOLERANCE]
    if differing:
        raise RunFailed(f"The two providers disagree on {len(differing)} of {len(pairs)} pairs: {differing[0]}, ...")
    measured = [pair for pair in pairs if all(row["mean"] for row in pair)]
    if not measured:
        raise RunFailed(
            f"Neither provider found imagery for any of {len(pairs)} pairs, so nothing was compared: see in the tables"
            " above what was ingested."
        )
    largest = max(_difference(*pair) for pair in measured)
    return (
        f"[bold green]Both providers agree on all {len(measured)} pairs that have imagery:[/] the means differ by"
        f" {largest:.4f} at most (allowed: {TOLERANCE}); {len(pairs) - len(measured)} pairs have none in either."
    )


def difference_table(pairs: list[tuple[Row, Row]]) -> Table:
    """Return a table of the differences of means, a row for each period, a column for each area."""
    areas = list(dict.fromkeys(one["area"] for one, _ in pairs))
    table = Table(title="Difference of the mean NDVI between the two providers")
    table.add_column("period")
    for area in areas:
        table.add_column(area.replace("-", " "), justify="right")  # so that it wraps: cut off, two read the same
    for period in dict.fromkeys(one["period"] for one, _ in pairs):
        cells = {one["area"]: _cell(one, other) for one, other in pairs if one["period"] == period}
        table.add_row(period, *(cells[area] for area in areas))
    return table


def _cell(one: Row, other: Row) -> str:
    if not (one["mean"] or other["mean"]):
        return "[dim]no imagery[/]"
    difference = _difference(one, other)
    return f"{difference:.4f}" if difference <= TOLERANCE else f"[red]{difference:.4f}[/]"


def _difference(one: Row, other: Row) -> float:
    """Return how far two means are apart; infinite if only one of them is there, or they are of different Items."""
    if not (one["mean"] or other["mean"]):
        return 0.0
    if not (one["mean"] and other["mean"] and one["item_id"] == other["item_id"]):
        return float("inf")
    return abs(float(one["mean"]) - float(other["mean"]))


def _rows(report: AreaStatisticsReport) -> list[Row]:
    with Path(report.files.csv).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
