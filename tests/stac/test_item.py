"""Items on their way into the GeoCatalog."""

import pytest

from stac.item import MAX_BYTES, preflight, stripped_assets, to_geocatalog_item

BLOB = "https://account.blob.core.windows.net/container"


def item(**changes):
    base = {
        "type": "Feature",
        "id": "S2B_T27VVL",
        "collection": "sentinel-2-l2a",
        "properties": {"datetime": "2024-02-05T13:11:49Z"},
        "links": [{"rel": "self", "href": "https://x"}, {"rel": "license", "href": "https://y"}],
        "assets": {
            "B04": {"href": f"{BLOB}/27/V/B04.tif"},
            "preview": {"href": f"{BLOB}/27/V/PVI.tif"},
            "tilejson": {"href": "https://planetarycomputer.microsoft.com/api/data/v1/item/tilejson.json?item=x"},
            "rendered_preview": {"href": "https://planetarycomputer.microsoft.com/api/data/v1/item/preview.png"},
            "thumbnail": {"href": "https://example.com/picture.png"},
        },
    }
    return {**base, **changes}


def test_only_files_in_containers_are_kept():
    sent = to_geocatalog_item(item(), "mine")
    assert set(sent["assets"]) == {"B04"}
    assert stripped_assets(item(), sent) == {"preview", "tilejson", "rendered_preview", "thumbnail"}


def test_collection_and_links_are_those_of_the_target():
    sent = to_geocatalog_item(item(), "mine")
    assert sent["collection"] == "mine"
    assert [link["rel"] for link in sent["links"]] == ["license"]


def test_the_source_item_is_left_as_it_was():
    source = item()
    to_geocatalog_item(source, "mine")
    assert source == item()


def test_preflight_accepts_what_the_service_accepts():
    assert preflight(to_geocatalog_item(item(), "mine")) == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"id": "x" * 150}, "its id has 150 characters, at most 149"),
        ({"id": "a b"}, "its id has characters other than"),
        ({"assets": {}}, "no asset that is a file"),
        ({"assets": {f"a{n}": {"href": f"{BLOB}/{n}"} for n in range(101)}}, "it has 101 assets, at most 100"),
        ({"assets": {"k" * 256: {"href": f"{BLOB}/a"}}}, "is too long"),
        ({"assets": {"a/b": {"href": f"{BLOB}/a"}}}, "asset key 'a/b'"),
        ({"assets": {"a": {"href": "./B04.tif"}}}, "href of asset 'a' is not an absolute URL"),
        ({"properties": {"text": "ä" * (MAX_BYTES // 2)}}, "at most 1,000,000 are allowed"),
    ],
)
def test_preflight_names_each_limit(broken, said):
    sent = to_geocatalog_item(item(**broken), "mine")
    assert any(said in problem for problem in preflight(sent)), preflight(sent)
