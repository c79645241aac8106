"""The results as one tidy table: a row for each pair of area and period, as CSV and as Parquet."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from models.area_pairs import Way
from models.area_results import AreaResult
from models.redact import redact

NUMBERS = ("mean", "median", "min", "max", "std", "valid_percent", "count")
SCHEMA = pa.schema(
    [
        ("area", pa.string()),
        ("period", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("state", pa.string()),
        ("date", pa.date32()),
        *((name, pa.float64()) for name in NUMBERS),
        ("item_id", pa.string()),
        ("index", pa.string()),
        ("provider", pa.string()),
        ("error", pa.string()),
    ]
)
"""Columns: `date` is the day of the acquisition (UTC), `valid_percent` 0 to 100; what is not known is null."""


def rows_of(results: Iterable[AreaResult], way: Way) -> list[dict[str, Any]]:
    """Return the results as rows, in their order; what is not known is None."""
    return [_row(result, way) for result in results]


def _row(result: AreaResult, way: Way) -> dict[str, Any]:
    statistics, failure = result.statistics, result.failure
    return {
        "area": result.area,
        "period": result.period.label,
        "period_start": result.period.start,
        "period_end": result.period.end,
        "state": result.state.value,
        "date": statistics.date if statistics else None,
        **{name: getattr(statistics, name) if statistics else None for name in NUMBERS},
        "item_id": statistics.item_id if statistics else None,
        "index": way.index.name if way.index.name != "custom" else way.index.expression,
        "provider": way.provider,
        "error": redact(f"{failure.code}: {failure.message}") if failure else None,
    }


def write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows as CSV, UTF-8, with a line of names; what is not known is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, SCHEMA.names)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(table: Path, path: Path) -> None:
    """Write a table of `write_csv` as Parquet, with days as dates and what is not known as null.

    It is read as a file: to make columns of values of Python, pyarrow imports pandas first, where there is one.
    """
    types = pa_csv.ConvertOptions(column_types=SCHEMA, null_values=[""], strings_can_be_null=True)
    lines = pa_csv.ParseOptions(newlines_in_values=True)
    pq.write_table(pa_csv.read_csv(table, parse_options=lines, convert_options=types), path)
