"""A search of the source is complete, or fails; with a stand-in source, then over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.planetary_computer import SearchPage
from models.area import Area
from models.errors import SearchTruncated
from tasks.connect import planetary_computer
from tasks.source_search import SourceSearch
from tests.conftest import MANY
from tests.many_items import MANY_BBOX

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
NOW = datetime(2024, 3, 1, tzinfo=UTC)


def item(number: int, at: datetime | None = None) -> dict:
    instant = at or START + timedelta(hours=number)
    return {"id": f"i{number:04d}", "properties": {"datetime": instant.isoformat()}}


class Source:
    """A source in memory, newest first, whose search has the defects that it is told to have.

    Args:
        cap: Items of one search after which there is no next link.
        broken_after: pages of one search after which there is none.
        matched: function of the honest number and of the number that is sent; None says none.
        lost_page: this page of each search is the one before, once more.
        empty_first: each search begins with an empty page that has a next link.
        circle: a last page links to itself.
    """

    def __init__(self, items, **defects):
        self.items = items
        self.defects = defects
        self.searches = []
        self.most_pages = 0
        self.begin = "2015-06-27T10:25:31Z"

    def get_collection(self, collection_id):
        return {"extent": {"temporal": {"interval": [[self.begin, None]]}}}

    def search_pages(self, page_size, **query):
        self.searches.append(query)
        found = self._found(query)
        sent = found[: self.defects.get("cap")]
        matched = self.defects["matched"](len(found), len(sent)) if "matched" in self.defects else None
        pages = [sent[first : first + page_size] for first in range(0, len(sent), page_size)] or [[]]
        lost = self.defects.get("lost_page")
        if lost is not None and lost < len(pages):
            pages[lost] = pages[lost - 1]
        pages = ([[]] if self.defects.get("empty_first") else []) + pages[: self.defects.get("broken_after")]
        for number, page in enumerate(pages, 1):
            yield SearchPage(list(page), matched, had_next=number < len(pages) or "circle" in self.defects)
        while "circle" in self.defects:
            yield SearchPage(list(pages[-1]), matched, had_next=True)

    def _found(self, query):
        if "ids" in query:
            return [found for found in self.items if found["id"] in query["ids"]]
        start, end = (None if t == ".." else datetime.fromisoformat(t) for t in query["datetime"].split("/"))
        within = [
            found
            for found in self.items
            if (not start or found["properties"]["datetime"] >= start.isoformat())
            and (not end or found["properties"]["datetime"] <= end.isoformat())
            and found.get("area", "a") in str(query.get("intersects", "a"))
        ]
        return sorted(within, key=lambda i: i["properties"]["datetime"], reverse=not self.defects.get("ascending"))


def search(source, page_size=10):
    return SourceSearch(source, page_size, now=lambda: NOW)


def ids(items):
    return [found["id"] for found in items]


def assert_all(source, found):
    assert sorted(found) == sorted(ids(source.items))
    assert len(set(found)) == len(found)


def test_an_honest_source_is_asked_once_and_once_more_for_what_a_cap_would_have_cut():
    source = Source([item(n) for n in range(25)])
    found = ids(search(source).items("c", [], START, END))
    assert found == sorted(ids(source.items), reverse=True)
    assert [query["datetime"] for query in source.searches] == [
        "2024-01-01T00:00:00Z/2024-01-31T23:59:59.999999Z",
        "2024-01-01T00:00:00Z/2024-01-01T00:00:00Z",
    ]


def test_a_source_that_counts_is_asked_once():
    source = Source([item(n) for n in range(25)], matched=lambda honest, sent: honest)
    assert_all(source, ids(search(source).items("c", [], START, END)))
    assert len(source.searches) == 1


@pytest.mark.parametrize(
    "defects",
    [
        {"cap": 20},
        {"cap": 17},
        {"cap": 3},
        {"cap": 17, "ascending": True},
        {"cap": 17, "matched": lambda honest, sent: honest},
        {"cap": 20, "matched": lambda honest, sent: sent},
        {"broken_after": 1},
        {"broken_after": 2, "matched": lambda honest, sent: honest},
        {"lost_page": 1},
        {"lost_page": 3},
        {"empty_first": True},
        {"empty_first": True, "cap": 20},
    ],
)
def test_a_search_that_is_cut_off_comes_whole(defects):
    source = Source([item(n) for n in range(0, 700, 7)], **defects)
    assert_all(source, ids(search(source).items("c", [], START, END)))


def test_a_last_page_that_happens_to_be_full_costs_nothing_more():
    source = Source([item(n) for n in range(10)])
    assert_all(source, ids(search(source).items("c", [], START, START + timedelta(hours=10))))
    assert len(source.searches) == 2  # the whole, and what a cap would have cut


def test_a_cap_in_the_midst_of_one_instant_is_seen():
    """All tiles of a datatake have the same datetime."""
    early, late = START + timedelta(hours=1), START + timedelta(hours=2)
    source = Source([item(n, early if n < 8 else late) for n in range(15)], cap=9)
    assert_all(source, ids(search(source, 100).items("c", [], START, END)))


@pytest.mark.parametrize(
    ("defects", "cause"),
    [
        ({"broken_after": 1}, r"the last page is full \(10 Items\) but has no link"),
        ({"cap": 7, "matched": lambda honest, sent: honest}, "says that 25 Items match, but 7 came"),
        ({"lost_page": 1}, "a page came twice"),
        ({"circle": True}, "lead in a circle"),
    ],
)
def test_what_cannot_be_had_whole_is_an_error_that_names_window_and_cause(defects, cause):
    instant = START + timedelta(hours=5)
    source = Source([item(n, instant) for n in range(25)], **defects)
    with pytest.raises(SearchTruncated, match=cause) as error:
        list(search(source).items("c", [], START, END))
    assert "Items of c in 2024-01-" in str(error.value)
    assert "in the whole world" in str(error.value)
    assert len(source.searches) < 100


def test_an_open_begin_is_bounded_by_the_collection_and_nothing_before_it_is_lost():
    source = Source([item(n, datetime(2014 + n // 2, 1, 1, tzinfo=UTC) + timedelta(n)) for n in range(20)], cap=5)
    assert_all(source, ids(search(source).items("c", [], None, END)))


def test_an_open_end_is_bounded_by_now_and_nothing_after_it_is_lost():
    source = Source([item(n * 33) for n in range(50)], cap=9)
    source.begin = None
    assert_all(source, ids(search(source).items("c", [], START, None)))
    assert NOW.isoformat().replace("+00:00", "Z") in [q["datetime"].split("/")[1] for q in source.searches]


def test_open_at_both_ends():
    source = Source([item(n * 100) for n in range(-20, 20)], cap=9)
    assert_all(source, ids(search(source).items("c", [])))


def test_an_open_end_that_cannot_be_bounded_is_an_error():
    source = Source([item(0, NOW + timedelta(days=n)) for n in range(20)], cap=9)
    with pytest.raises(SearchTruncated, match=r"2024-03-01T00:00:00.000001Z/\.\."):
        list(search(source, 9).items("c", [], START, None))


def test_an_item_in_two_areas_comes_once():
    areas = [Area(name=name, geometry=square(name)) for name in ("ab", "bc")]
    source = Source([{**item(n), "area": "abc"[n % 3]} for n in range(30)])
    found = ids(search(source).items("c", areas, START, END))
    assert_all(source, found)


def square(name):
    return {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]], "name": name}


def test_items_by_id_in_chunks_whatever_their_time():
    source = Source([item(n) for n in range(250)])
    wanted = [f"i{n:04d}" for n in range(245, 255)] + [f"i{n:04d}" for n in range(200)] * 2
    searcher = search(source, 500)
    found = ids(searcher.items("c", [], END, END, ids=wanted))
    assert sorted(found) == sorted({i for i in wanted if i < "i0250"})
    assert searcher.missing_ids == ["i0250", "i0251", "i0252", "i0253", "i0254"]
    assert [len(query["ids"]) for query in source.searches] == [100, 100, 10, 5]


def test_items_by_id_in_spite_of_a_cap():
    source = Source([item(n) for n in range(100)], cap=30)
    searcher = search(source, 500)
    assert_all(source, ids(searcher.items("c", ids=ids(source.items))))
    assert searcher.missing_ids == []


MANY_AREA = [Area(name="many", bbox=MANY_BBOX)]


@pytest.mark.parametrize(
    "defects",
    [
        {},
        {"search_cap": 137},
        {"search_cap": 100},
        {"search_cap": 150, "number_matched": True},
        {"broken_next_after": 1},
        {"broken_next_after": 2, "number_matched": True},
        {"repeat_page": True},
        {"repeat_page": True, "search_cap": 150},
    ],
)
def test_over_http_each_item_comes_once(emulator, defects):
    emulator.configure(upstream=defects)
    found = ids(SourceSearch(planetary_computer(), 100).items(MANY, MANY_AREA, START, END))
    assert len(found) == len(set(found)) == 400


@pytest.mark.long
def test_over_http_by_cql_and_by_ids(emulator):
    emulator.configure(upstream={"search_cap": 20})
    source_search = SourceSearch(planetary_computer())
    cql = {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 24]}
    assert len(ids(source_search.items(MANY, MANY_AREA, START, None, cql))) == 100
    wanted = [f"scene-{n:05d}" for n in range(350, 450)]
    assert sorted(ids(source_search.items(MANY, ids=wanted))) == wanted[:50]
    assert source_search.missing_ids == wanted[50:]


def test_no_item_stays_in_memory_once_it_was_yielded():
    pages = [[item(n) for n in range(20, 10, -1)], [item(n) for n in range(10, 1, -1)]]

    class Paged(Source):
        def search_pages(self, page_size, **query):
            for page in pages:
                yield SearchPage(page, 19, had_next=page is pages[0])

    assert len(ids(search(Paged([])).items("c", [], START, END))) == 19
    assert pages == [[], []]
