"""The report as a page: complete, in one file, safe for any name."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from PIL import Image

from models.area_pairs import Way
from models.area_report import AreaStatisticsReport, AreaSummary, ResultFiles
from models.spectral_index import SpectralIndex
from tasks.area_statistics.page import write_page
from tasks.area_statistics.tables import rows_of
from tests.area_results import year_of

WAY = Way("geocatalog", "s2", SpectralIndex.named("ndvi"), 20, clear_only=True)
NAMES = ["<b>field</b> & co", "other"]


class Page(HTMLParser):
    """Collects what a browser would fetch, headings, and rows."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.links, self.text, self.rows = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.sources += [found["src"]] if "src" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.rows += tag == "tr"

    def handle_data(self, data):
        self.text.append(data.strip())


@pytest.fixture
def page(tmp_path):
    results = [*year_of(NAMES[0], gaps=(1,), failures=(2,)), *year_of(NAMES[1])]
    picture, animation = tmp_path / "p.png", tmp_path / "a.gif"
    for path in (picture, animation):
        Image.new("P", (4, 4)).save(path)
    files = ResultFiles(
        csv="statistics.csv",
        parquet="statistics.parquet",
        comparison=str(picture),
        charts=dict.fromkeys(NAMES, str(picture)),
        pictures={NAMES[0]: [str(picture)] * 12},
        animations={NAMES[0]: str(animation)},
    )
    report = AreaStatisticsReport(
        index="ndvi",
        provider="geocatalog",
        periods=12,
        first="2023-01",
        last="2023-12",
        pairs=24,
        measured=22,
        empty=1,
        failed=1,
        asked=22,
        summaries=[AreaSummary.of(name, [r for r in results if r.area == name]) for name in NAMES],
        failures=["x"],
        files=files,
    )
    path = tmp_path / "report.html"
    write_page(report, rows_of(results, WAY), WAY, path, now=lambda: datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    return Page(path.read_text(encoding="utf-8"))


def test_it_needs_no_other_file(page):
    assert len(page.sources) == 1 + 2 + 1 + 12  # comparison, charts, animation, pictures
    assert all(source.startswith(("data:image/png;base64,", "data:image/gif;base64,")) for source in page.sources)
    assert all(link.startswith("#") for link in page.links)


def test_it_holds_every_number_and_failure(page):
    assert page.rows == (1 + 2) + 2 * (1 + 12)
    assert page.text.count("no imagery") == 2  # head of the table of areas, and the month
    assert "HTTP 424: The tiler cannot read B08" in page.text
    assert "Made 2026-03-01 09:30 UTC by the tiler of a GeoCatalog." in page.text


def test_names_are_text_not_markup(page):
    assert NAMES[0] in page.text
    assert any("Only clear pixels count." in text for text in page.text)
