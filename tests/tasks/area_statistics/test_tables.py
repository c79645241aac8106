"""The table of results, read with readers that this project did not write."""

import csv
from datetime import date

import pyarrow.parquet as pq
import pytest

from models.area_pairs import Way
from models.spectral_index import SpectralIndex
from tasks.area_statistics.tables import rows_of, write_csv, write_parquet
from tests.area_results import ITEM, YEAR, failed, measured, year_of

WAY = Way("geocatalog", "s2", SpectralIndex.named("ndvi"), 20, clear_only=False)
RESULTS = year_of("Höfn, north", gaps=(2,), failures=(5,))


@pytest.fixture
def rows():
    return rows_of(RESULTS, WAY)


def test_the_csv_has_one_row_for_each_pair(rows, tmp_path):
    write_csv(rows, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["period"] for row in read] == [result.period.label for result in RESULTS]
    assert {row["area"] for row in read} == {"Höfn, north"}
    june = read[5]
    assert (june["state"], june["date"], june["item_id"]) == ("measured", "2023-06-15", ITEM)
    assert float(june["mean"]) == RESULTS[5].mean
    assert (june["count"], june["valid_percent"], june["index"]) == ("1234.5", "98.5", "ndvi")
    assert (read[1]["state"], read[1]["mean"], read[1]["error"]) == ("no imagery", "", "")
    assert (read[4]["state"], read[4]["error"]) == ("failed", "HTTP 424: The tiler cannot read B08")


def parquet_of(rows, folder):
    write_csv(rows, folder / "t.csv")
    write_parquet(folder / "t.csv", folder / "t.parquet")
    return pq.read_table(folder / "t.parquet")


def test_the_parquet_file_has_types(rows, tmp_path):
    table = parquet_of(rows, tmp_path)
    assert table.num_rows == 12
    assert str(table.schema.field("period_start").type) == "date32[day]"
    assert str(table.schema.field("mean").type) == "double"
    assert table.column("date").to_pylist()[:2] == [date(2023, 1, 15), None]
    assert table.column("mean").null_count == 2


def test_an_empty_value_of_everything_is_still_typed(tmp_path):
    table = parquet_of(rows_of(year_of("x", gaps=tuple(range(1, 13))), WAY), tmp_path)
    assert str(table.schema.field("mean").type) == "double"


def test_both_files_hold_the_same_whatever_a_message_says(tmp_path):
    results = [failed('a "b", c', YEAR[0], 'two\nlines, "quoted"'), measured("Höfn", YEAR[1], 1 / 3)]
    assert parquet_of(rows_of(results, WAY), tmp_path).to_pylist() == rows_of(results, WAY)
