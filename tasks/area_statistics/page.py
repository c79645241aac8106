"""The report as one HTML file that needs no other: pictures are inside of it."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.area_pairs import Way
from models.area_report import AreaStatisticsReport
from stac.configuration import unique_slugs
from tasks.area_statistics.colors import OWN_SCALE

_TEMPLATES = Path(__file__).parent / "templates"
_TYPES = {".png": "image/png", ".gif": "image/gif"}


def write_page(
    report: AreaStatisticsReport,
    rows: list[dict[str, Any]],
    way: Way,
    path: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Write the page, piece by piece, so that memory does not grow with the number of pictures.

    Args:
        rows: of the table of results, area by area.
    """
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = number
    names = [area.name for area in report.summaries]
    anchors = dict(zip(names, unique_slugs(names), strict=True))
    pieces = environment.get_template("report.html").generate(
        report=report,
        description=describe(way, report),
        provider=_PROVIDERS[way.provider],
        made=f"{now():%Y-%m-%d %H:%M} UTC",
        comparison=data_url(report.files.comparison),
        anchors=anchors,
        sections=lambda: _sections(report, rows, anchors),
    )
    with path.open("w", encoding="utf-8") as file:
        file.writelines(pieces)


_PROVIDERS = {"geocatalog": "the tiler of a GeoCatalog", "observearth": "ObservEarth"}


def describe(way: Way, report: AreaStatisticsReport) -> str:
    """Return how the numbers were made, in words."""
    imagery = f"Sentinel-2 Items of the Collection {way.collection_id}" if way.collection_id else "Sentinel-2"
    clear = " Only clear pixels count." if way.clear_only else ""
    scale = " The colours of the pictures are the provider's own." if way.provider in OWN_SCALE else ""
    return (
        f"{report.index.upper()} = {way.index.expression}; {imagery}: of each period the least cloudy one with at most"
        f" {way.max_cloud:g} % clouds.{clear}{scale}"
    )


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as the page shows it; nothing if there is none."""
    return "" if value is None else f"{value:,.{digits}f}"


def data_url(path: str | None) -> str | None:
    """Return a picture as a data URL."""
    if path is None:
        return None
    encoded = base64.b64encode(Path(path).read_bytes()).decode()
    return f"data:{_TYPES[Path(path).suffix]};base64,{encoded}"


def _sections(
    report: AreaStatisticsReport, rows: list[dict[str, Any]], anchors: dict[str, str]
) -> Iterator[dict[str, Any]]:
    for name, of_area in groupby(rows, key=lambda row: row["area"]):
        yield {
            "name": name,
            "anchor": anchors[name],
            "rows": list(of_area),
            "chart": data_url(report.files.charts.get(name)),
            "animation": data_url(report.files.animations.get(name)),
            "pictures": [data_url(picture) for picture in report.files.pictures.get(name, [])],
        }
