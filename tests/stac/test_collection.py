"""Collections on their way into the GeoCatalog."""

from stac.collection import changed_members, replacement, thumbnail_of, to_geocatalog_collection

SOURCE = {
    "id": "sentinel-2-l2a",
    "title": "Sentinel-2",
    "description": "d",
    "assets": {"thumbnail": {"href": "https://x/y.png"}},
    "msft:storage_account": "a",
    "msft:container": "c",
    "msft:short_description": "kept",
    "links": [{"rel": "items", "href": "https://x"}, {"rel": "license", "href": "https://l"}],
}


def test_what_describes_the_source_is_removed():
    wanted = to_geocatalog_collection(SOURCE, "mine", None)
    assert not {"assets", "msft:storage_account", "msft:container"} & set(wanted)
    assert (wanted["id"], wanted["title"], wanted["msft:short_description"]) == ("mine", "mine", "kept")
    assert [link["rel"] for link in wanted["links"]] == ["license"]


def test_the_title_is_the_users():
    assert to_geocatalog_collection(SOURCE, "mine", "My imagery")["title"] == "My imagery"


def test_only_a_thumbnail_that_can_be_fetched_counts():
    assert thumbnail_of(SOURCE) == {"href": "https://x/y.png"}
    assert thumbnail_of({"assets": {"thumbnail": {"href": "abfs://x"}}}) is None
    assert thumbnail_of({}) is None


def test_members_that_the_service_adds_are_no_change():
    wanted = to_geocatalog_collection(SOURCE, "mine", None)
    assert changed_members(wanted, {**wanted, "msft:_created": "now", "links": []}) == []
    assert changed_members(wanted, {**wanted, "description": "other"}) == ["description"]


def test_a_replacement_repeats_the_assets_that_the_service_holds():
    assert replacement({"id": "mine"}, {"id": "mine", "assets": {"thumbnail": 1}}) == {
        "id": "mine",
        "assets": {"thumbnail": 1},
    }
    assert replacement({"id": "mine"}, {"id": "mine"}) == {"id": "mine"}
