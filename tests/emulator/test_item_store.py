"""The Item store: search, paging, replace and delete."""

import random
from pathlib import Path

import cql2
import pytest

from emulator.item_store import ItemStore
from emulator.search import InvalidSearch, parse_get, parse_post


def item(number: int, *, lon: float = 0.0, lat: float = 0.0, **properties: object) -> dict:
    ring = [[lon, lat], [lon + 1, lat], [lon + 1, lat + 1], [lon, lat + 1], [lon, lat]]
    return {
        "type": "Feature",
        "id": f"item-{number:03d}",
        "collection": "c",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [lon, lat, lon + 1, lat + 1],
        "properties": {"datetime": f"2024-01-{number % 28 + 1:02d}T10:00:00Z", **properties},
        "assets": {},
        "links": [],
    }


@pytest.fixture
def store(tmp_path: Path) -> ItemStore:
    store = ItemStore(tmp_path / "items.sqlite")
    store.put_collection({"id": "c"})
    store.put_items(item(n, lon=n % 60, **({"eo:cloud_cover": n} if n % 3 else {})) for n in range(60))
    return store


def ids(store: ItemStore, **body: object) -> list[str]:
    return [found["id"] for found in store.search(parse_post(body)).items]


def test_search_is_newest_first(store: ItemStore) -> None:
    found = ids(store, limit=3)
    assert found == ["item-055", "item-027", "item-054"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sortby": [{"field": "eo:cloud_cover", "direction": "asc"}]},
        {"sortby": [{"field": "properties.eo:cloud_cover", "direction": "desc"}]},
        {"sortby": [{"field": "id", "direction": "asc"}]},
    ],
)
def test_pages_hold_every_item_once(store: ItemStore, body: dict) -> None:
    whole = ids(store, **body)
    token, paged = None, []
    while True:
        page = store.search(parse_post({**body, "limit": 7, "token": token}))
        paged += [found["id"] for found in page.items]
        assert page.matched == 60
        if (token := page.next_token) is None:
            break
    assert paged == whole and len(set(paged)) == 60


def test_bbox_and_intersects_are_exact(store: ItemStore) -> None:
    assert ids(store, bbox=[5.2, 0.2, 5.8, 0.8]) == ["item-005"]
    corner = {"type": "Polygon", "coordinates": [[[4, 0.9], [4, 2], [3, 2], [4, 0.9]]]}
    assert ids(store, intersects=corner) == ["item-003", "item-004"][::-1]


def test_bbox_may_cross_the_antimeridian(store: ItemStore) -> None:
    store.put_items([item(100, lon=178.5), item(101, lon=-179.5)])
    assert ids(store, bbox=[179, 0, -179, 1]) == ["item-101", "item-100"]


def test_interval_is_inclusive_and_may_be_open(store: ItemStore) -> None:
    assert len(ids(store, datetime="2024-01-01")) == 3
    assert len(ids(store, datetime="2024-01-28T10:00:00Z/..")) == 2
    with pytest.raises(InvalidSearch, match="ends before"):
        parse_post({"datetime": "2024-02-02/2024-01-01"})


def test_put_replaces_and_delete_forgets(store: ItemStore) -> None:
    store.put_items([item(1, lon=-50, title="new")])
    assert store.get_item("c", "item-001")["properties"]["title"] == "new"
    assert ids(store, bbox=[1.2, 0.2, 1.8, 0.8]) == []
    assert store.delete_item("c", "item-001") and not store.delete_item("c", "item-001")
    assert store.get_item("c", "item-001") is None
    store.delete_collection("c")
    assert store.count_items() == 0 and ids(store, bbox=[-180, -90, 180, 90]) == []


def test_bad_item_stores_none_of_the_batch(store: ItemStore) -> None:
    with pytest.raises(ValueError, match="datetime"):
        store.put_items([item(200), {**item(201), "properties": {}}])
    assert store.get_item("c", "item-200") is None


FILTERS = [
    '"eo:cloud_cover" < 20',
    "\"eo:cloud_cover\" between 10 and 30 and not (platform = 'b')",
    "platform in ('a', 'b') or \"eo:cloud_cover\" >= 58",
    "platform like 'a%'",
    "platform = 'a' and \"eo:cloud_cover\" * 2 > 50 + 10",
    "casei(platform) = 'a'",
    "s_intersects(geometry, POLYGON((3.5 0.5, 9.5 0.5, 9.5 0.6, 3.5 0.6, 3.5 0.5)))",
    "datetime >= TIMESTAMP('2024-01-20T00:00:00Z')",
    "id = 'item-004'",
]


@pytest.mark.parametrize("text", FILTERS)
def test_filter_agrees_with_the_reference_implementation(tmp_path: Path, text: str) -> None:
    """The `cql2` package evaluates each Item; SQL must find the same ones."""
    draw = random.Random(7)
    items = [item(n, lon=n, platform=draw.choice(["a", "b", "A", "ab"]), **{"eo:cloud_cover": n}) for n in range(60)]
    store = ItemStore(tmp_path / "oracle.sqlite")
    store.put_items(items)
    expected = {i["id"] for i in items if cql2.parse_text(text).matches(i)}
    assert expected
    found = store.search(parse_get({"filter": text}))
    assert {i["id"] for i in found.items} == expected
    as_json = parse_post({"filter": cql2.parse_text(text).to_json(), "filter-lang": "cql2-json"})
    assert {i["id"] for i in store.search(as_json).items} == expected


def test_legacy_filter_and_query_are_understood(store: ItemStore) -> None:
    legacy = {"and": [{"lte": [{"property": "eo:cloud_cover"}, 10]}, {"gt": [{"property": "eo:cloud_cover"}, 7]}]}
    assert sorted(ids(store, filter=legacy)) == ["item-008", "item-010"]
    assert sorted(ids(store, query={"eo:cloud_cover": {"lte": 10, "gt": 7}})) == ["item-008", "item-010"]


@pytest.mark.parametrize(
    "body",
    [
        {"filter": "this is ( no filter"},
        {"filter": {"op": "=", "args": []}},
        {"filter": {"op": "foo", "args": [1]}},
        {"filter": {"op": "=", "args": [{"property": "a'b"}, 1]}},
        {"token": "next:c:absent"},
        {"intersects": {"type": "Polygon", "coordinates": [1]}},
        {"sortby": [{"field": "x') --"}]},
    ],
)
def test_unusable_search_is_refused(store: ItemStore, body: dict) -> None:
    with pytest.raises(InvalidSearch):
        store.search(parse_post(body))
