"""Charts: gaps stay gaps, all areas share their axes, and whatever comes can be drawn."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from models.area_report import AreaSummary
from tasks.area_statistics import charts
from tasks.area_statistics.charts import comparison, time_series, value_range
from tests.area_results import year_of


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are drawn, to look into."""
    figures: list[Figure] = []
    png = charts._png
    monkeypatch.setattr(charts, "_png", lambda figure: (figures.append(figure), png(figure))[1])
    return figures


def picture(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png)) as image:
        image.load()
        return image


def test_a_line_does_not_cross_a_gap(drawn):
    results = year_of("field", gaps=(3, 4), failures=(9,))
    assert picture(time_series(results, "ndvi", value_range(results))).width > 1000
    axes = drawn[0].axes[0]
    lines = [line.get_ydata() for line in axes.lines if line.get_marker() == "o"]
    assert [len(line) for line in lines] == [2, 4, 3]  # January to February, May to August, October to December
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "± standard deviation",
        "no imagery",
        "failed",
    ]


def test_the_same_value_is_at_the_same_height_in_all_charts():
    low, high = value_range(year_of("a") + year_of("b"))
    assert low < 0.1 < 0.7 < high


@pytest.mark.parametrize("gaps", [(), (1,), (1, 3, 5, 7, 9, 11), tuple(range(1, 13))])
def test_any_pattern_of_gaps_can_be_drawn(gaps):
    results = year_of("field", gaps=gaps)
    pixels = np.asarray(picture(time_series(results, "ndvi", value_range(results))).convert("L"))
    assert pixels.std() > 5  # it is not blank


def test_bars_are_in_order_and_name_what_is_missing(drawn):
    results = {"barren": year_of("barren", gaps=tuple(range(1, 13))), "a": year_of("a", gaps=(6, 7)), "b": year_of("b")}
    summaries = [AreaSummary.of(name, of_area) for name, of_area in results.items()]
    comparison(summaries, "ndvi", "2023")
    axes = drawn[0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a", "barren"]
    texts = [text.get_text() for text in axes.texts]
    assert "no imagery (0 of 12)" in texts
    assert "10 of 12" in texts


def test_areas_without_any_value_are_compared_too(drawn):
    months = tuple(range(1, 13))
    results = {"sea": year_of("sea", gaps=months), "shut": year_of("shut", failures=months)}
    comparison([AreaSummary.of(name, of_area) for name, of_area in results.items()], "ndvi", "2023")
    texts = [text.get_text() for text in drawn[0].axes[0].texts]
    assert texts == ["no imagery (0 of 12)", "no value (0 of 12, 12 failed)"]


def test_means_below_zero_keep_their_bars_and_texts_in_the_chart(drawn):
    below = AreaSummary(name="lake", mean=-0.4, low=-0.6, high=-0.2, measured=12, empty=0, failed=0)
    comparison([below], "ndvi", "2023")
    axes = drawn[0].axes[0]
    low, high = axes.get_xlim()
    assert low < -0.6
    assert high > 0
    assert {text.xy[0] for text in axes.texts} == {0.0}


@pytest.mark.parametrize("mean", [-0.5, 0.5])
def test_notes_of_areas_with_long_names_are_not_cut_off(drawn, mean):
    values = {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}
    summary = AreaSummary(name="field of the cooperative " * 9, **values, measured=100, empty=10, failed=10)
    comparison([summary], "ndvi", "2023")
    figure = drawn[0]
    note = figure.axes[0].texts[-1]
    assert note.get_text() == "100 of 120, 10 failed"
    assert note.get_window_extent().x1 < figure.bbox.x1


@pytest.mark.long
def test_three_hundred_areas_fit_into_one_picture():
    summaries = [AreaSummary.of(f"area {n}", year_of(f"area {n}")) for n in range(300)]
    image = picture(comparison(summaries, "ndvi", "2023"))
    assert image.height <= charts.TALLEST * charts.DPI
