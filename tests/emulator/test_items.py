"""Items: ingest, rules, replace, patch, delete, list."""

from typing import Any

import pytest
import requests

from tests.emulator.catalog import Catalog, error_of


def test_ingested_item_has_managed_hrefs_and_the_services_own_members(scenes: Catalog) -> None:
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"
    response = scenes.call("GET", "/stac/collections/c/items/scene-01", 200)
    item, source = response.json(), scenes.scene(1)
    assert response.headers["Content-Type"] == "application/geo+json"
    assert item["properties"] == source["properties"] and item["geometry"] == source["geometry"]
    assert item["stac_extensions"] == ["https://stac-extensions.github.io/eo/v1.1.0/schema.json"]
    assert item["_msft:ts"].endswith("Z") and len(item["_msft:etag"]) == 36
    href = item["assets"]["B09"]["href"]
    container, digits, item_id, name = href.rsplit("/", 3)
    assert container.startswith(f"{scenes.url}/managed-storage/") and len(container.rpartition("-")[2]) == 8
    assert (len(digits), item_id, name) == (3, "scene-01", "B09.tif")
    links = {link["rel"]: link["href"] for link in item["links"]}
    url = f"{scenes.url}/stac/collections/c"
    expected = {"collection": url, "parent": url, "root": f"{scenes.url}/stac/", "self": f"{url}/items/scene-01"}
    assert links == {**expected, "license": "https://example.com/licence"}


def test_item_is_invisible_until_its_operation_is_done(scenes: Catalog) -> None:
    response = scenes.post_items(scenes.scene(1))
    scenes.call("GET", "/stac/collections/c/items/scene-01", 404)
    scenes.finish(response)
    scenes.call("GET", "/stac/collections/c/items/scene-01", 200)


def test_feature_collection_takes_the_good_and_counts_the_bad(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(2))
    bad = {**scenes.scene(3), "geometry": None}
    operation = scenes.ingest(scenes.scene(1), scenes.scene(2), bad, scenes.scene(4))
    code, message = error_of(operation)
    assert code == "ErrorsInBatchOperation" and "2 of 4" in message
    counts = operation["additionalInformation"]
    assert (counts["TotalItems"], counts["TotalFailedItems"], counts["TotalSuccessfulItems"]) == ("4", "2", "2")
    assert sorted(scenes.ids()) == ["scene-01", "scene-02", "scene-04"]


def test_feature_collection_may_be_limited(scenes: Catalog) -> None:
    scenes.control("PUT", "config", {"max_feature_collection": 2})
    body = {"type": "FeatureCollection", "features": [scenes.scene(n) for n in range(3)]}
    response = scenes.call("POST", "/stac/collections/c/items", 400, json=body)
    assert response.json()["error"]["code"] == "PostItemCollectionSizeExceeded"


BIG = "x" * (1024 * 1024)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"geometry": None}, "StacValidationFailed"),
        ({"geometry": {"type": "Polygon", "coordinates": 1}}, "StacValidationFailed"),
        ({"bbox": None}, "StacValidationFailed"),
        ({"properties": {}}, "StacValidationFailed"),
        ({"properties": {"datetime": None}}, "StacValidationFailed"),
        ({"properties": {"datetime": "yesterday"}}, "StacValidationFailed"),
        ({"stac_version": None}, "StacValidationFailed"),
        ({"collection": "other"}, "StacValidationFailed"),
        ({"links": ["x"]}, "StacValidationFailed"),
        ({"stac_extensions": [{}]}, "StacValidationFailed"),
        ({"id": "a b"}, "InvalidInputData"),
        ({"id": "x" * 150}, "InvalidInputData"),
        ({"assets": {"a b": {"href": "https://x/y"}}}, "InvalidInputData"),
        ({"assets": {"k" * 256: {"href": "https://x/y"}}}, "InvalidInputData"),
        ({"assets": {f"k{n}": {"href": "https://x/y"} for n in range(101)}}, "TotalAssetsExceeded"),
        ({"properties": {"datetime": "2024-01-01T00:00:00Z", "note": BIG}}, "ItemSizeExceeded"),
        ({"assets": {"k": {"href": "./relative.tif"}}}, "GenericIngestionError"),
        ({"assets": {"k": {"href": "abfs://items/x.parquet"}}}, "InvalidAssetHref"),
        ({"assets": {"k": {}}}, "InvalidAssetHref"),
        ({"assets": {"k": {"href": "http://host:port/x.tif"}}}, "InvalidAssetHref"),
        ({"assets": {"k": {"href": "http:///x.tif"}}}, "InvalidAssetHref"),
    ],
)
def test_broken_rules_fail_the_operation(scenes: Catalog, change: dict[str, Any], code: str) -> None:
    assert error_of(scenes.ingest({**scenes.scene(1), **change}))[0] == code
    assert scenes.ids() == []


def test_longest_id_and_all_characters_are_taken(scenes: Catalog) -> None:
    item_id = "A-Za_z0+9,(x).".ljust(149, "y")
    assert scenes.ingest({**scenes.scene(1), "id": item_id})["status"] == "Succeeded"
    item = scenes.call("GET", f"/stac/collections/c/items/{item_id}?sign=true", 200).json()
    assert requests.get(item["assets"]["B09"]["href"], timeout=60).status_code == 200
    assert scenes.finish(scenes.call("DELETE", f"/stac/collections/c/items/{item_id}"))["status"] == "Succeeded"


@pytest.mark.parametrize("body", [[], {"type": "Item"}, {"type": "Feature"}, {"type": "FeatureCollection"}])
def test_what_is_no_item_is_400(scenes: Catalog, body: Any) -> None:
    scenes.call("POST", "/stac/collections/c/items", 400, json=body)


def test_null_datetime_with_start_and_end_is_searchable(scenes: Catalog) -> None:
    times = {"datetime": None, "start_datetime": "2024-01-01T00:00:00Z", "end_datetime": "2024-01-31T00:00:00Z"}
    assert scenes.ingest({**scenes.scene(1), "properties": times})["status"] == "Succeeded"
    assert scenes.ids(datetime="2024-01-15/2024-01-16") == ["scene-01"]


def test_put_replaces_with_source_hrefs(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    before = scenes.call("GET", "/stac/collections/c/items/scene-01?sign=true", 200).json()
    changed = scenes.scene(1)
    del changed["assets"]["metadata"]
    changed["properties"]["eo:cloud_cover"] = 77
    operation = scenes.finish(scenes.call("PUT", "/stac/collections/c/items/scene-01", 202, json=changed))
    assert (operation["type"], operation["status"]) == ("UpdateItem", "Succeeded")
    item = scenes.call("GET", "/stac/collections/c/items/scene-01", 200).json()
    assert item["properties"]["eo:cloud_cover"] == 77 and list(item["assets"]) == ["B09"]
    assert item["_msft:etag"] != before["_msft:etag"]
    assert requests.get(before["assets"]["metadata"]["href"], timeout=60).status_code == 404
    assert requests.get(before["assets"]["B09"]["href"], timeout=60).status_code == 200


def test_put_of_the_services_own_hrefs_fails(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    item = scenes.call("GET", "/stac/collections/c/items/scene-01", 200).json()
    operation = scenes.finish(scenes.call("PUT", "/stac/collections/c/items/scene-01", json=item))
    assert error_of(operation)[0] == "PublicAccessRestricted"


def test_put_and_patch_of_a_missing_item_fail(scenes: Catalog) -> None:
    path = "/stac/collections/c/items/scene-01"
    operation = scenes.finish(scenes.call("PUT", path, json=scenes.scene(1)))
    assert error_of(operation)[0] == "NoRecordsToUpdate"
    operation = scenes.finish(scenes.call("PATCH", path, json={"properties": {"a": 1}}))
    assert error_of(operation)[0] == "NoRecordsToPatch"
    scenes.call("PUT", path, 400, json=scenes.scene(2))


def test_patch_merges_and_keeps_untouched_assets(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    before = scenes.call("GET", "/stac/collections/c/items/scene-01", 200).json()
    patch = {"properties": {"eo:cloud_cover": None, "note": "x"}, "assets": {"B09": {"title": "Water"}}}
    assert (
        scenes.finish(scenes.call("PATCH", "/stac/collections/c/items/scene-01", json=patch))["status"] == "Succeeded"
    )
    item = scenes.call("GET", "/stac/collections/c/items/scene-01", 200).json()
    assert item["properties"] == {"datetime": before["properties"]["datetime"], "note": "x"}
    assert item["assets"]["B09"] == {**before["assets"]["B09"], "title": "Water"}


def test_delete_removes_item_and_blobs(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1), scenes.scene(2))
    items = scenes.call("GET", "/stac/collections/c/items?sign=true", 200).json()["features"]
    hrefs = {item["id"]: item["assets"]["B09"]["href"] for item in items}
    response = scenes.call("DELETE", "/stac/collections/c/items/scene-01", 202)
    scenes.call("GET", "/stac/collections/c/items/scene-01", 200)
    assert scenes.finish(response)["type"] == "DeleteItem"
    assert scenes.ids() == ["scene-02"]
    assert requests.get(hrefs["scene-01"], timeout=60).status_code == 404
    assert requests.get(hrefs["scene-02"], timeout=60).status_code == 200
    again = scenes.finish(scenes.call("DELETE", "/stac/collections/c/items/scene-01", 202))
    message = "Item 'scene-01' does not exist in collection 'c' to delete"
    assert error_of(again) == ("NoRecordsToDelete", message)


def test_items_of_a_collection_deleted_meanwhile_fail(scenes: Catalog) -> None:
    scenes.control("PUT", "config", {"operations": {"min_seconds": 20, "max_seconds": 20}})
    response = scenes.post_items(scenes.scene(1))
    scenes.call("DELETE", "/stac/collections/c", 202)
    assert error_of(scenes.finish(response))[0] == "CollectionDoesNotExist"


def test_list_pages_like_pgstac(scenes: Catalog) -> None:
    scenes.ingest(*(scenes.scene(n) for n in range(12)))
    first = scenes.call("GET", "/stac/collections/c/items", 200).json()
    assert len(first["features"]) == 10 and "numberMatched" not in first
    (following,) = [link for link in first["links"] if link["rel"] == "next"]
    last = first["features"][-1]["id"]
    assert following["href"].endswith(f"token=next:c:{last}") and "api-version=2026-04-15" in following["href"]
    second = scenes.session.get(following["href"].replace("api-version=2026-04-15&", ""), timeout=60).json()
    assert len(second["features"]) == 2 and not [link for link in second["links"] if link["rel"] == "next"]


def test_list_takes_bbox_datetime_and_limit(scenes: Catalog) -> None:
    scenes.ingest(*(scenes.scene(n) for n in range(12)))
    path = "/stac/collections/c/items?limit=3&datetime=2024-02-03/2024-02-06&bbox=-21.69,63.01,-21.41,63.09"
    found = scenes.call("GET", path, 200).json()["features"]
    assert [item["id"] for item in found] == ["scene-05", "scene-04", "scene-03"]
    scenes.call("GET", "/stac/collections/c/items?bbox=1,2,3", 400)
    scenes.call("GET", "/stac/collections/c/items?limit=none", 400)


def test_submitted_items_are_counted(scenes: Catalog) -> None:
    scenes.control("DELETE", "requests")
    scenes.ingest(scenes.scene(1), scenes.scene(2))
    scenes.ingest(scenes.scene(2))
    counted = scenes.control("GET", "requests")
    assert counted["submitted_items"] == {"c/scene-01": 1, "c/scene-02": 2}
    posts = [entry for entry in counted["counts"] if entry["method"] == "POST"]
    assert posts == [{"method": "POST", "route": "/stac/collections/{collection_id}/items", "status": 202, "count": 2}]
