"""Bulk ingestion: ingestions, runs and their failures."""

from typing import Any

import pytest
import requests

from tests.emulator.catalog import Catalog, upstream_scene
from tests.emulator.ingestions import INGESTIONS, begin_run, counts, create, describe, last_code, run
from tests.emulator.staging import Stage, plain_parquet, stac_catalog

PREVIEW = "2025-04-30-preview"


@pytest.fixture
def stage(scenes: Catalog) -> Stage:
    return Stage(scenes)


@pytest.mark.parametrize("api_version", ["2026-04-15", PREVIEW])
def test_an_ingestion_lives_and_dies(stage: Stage, api_version: str) -> None:
    catalog = Catalog(stage.catalog.url, api_version)
    url = f"{stage.url}/catalog.json"
    response = catalog.call("POST", INGESTIONS, 201, json=describe(url, displayName="D", skipExistingItems=True))
    created = response.json()
    expected = ["id", "creationTime", "importType", "displayName", "sourceCatalogUrl"]
    assert list(created) == [*expected, "skipExistingItems", "keepOriginalAssets", "status"]
    assert created["status"] == "Ready" and created["skipExistingItems"] is True
    path = f"{INGESTIONS}/{created['id']}"
    assert response.headers["Location"] == catalog.url + path
    assert catalog.call("GET", path, 200).json() == created

    patch = {"importType": "StaticCatalog", "displayName": "E", "skipExistingItems": False}
    changed = catalog.call("PATCH", path, 200, json=patch).json()
    assert changed == {**created, "displayName": "E", "skipExistingItems": False}
    assert catalog.call("GET", INGESTIONS, 200).json() == {"value": [changed]}

    accepted = catalog.call("DELETE", path, 202)
    assert accepted.json()["type"] == "DeleteIngestion"
    assert accepted.json()["additionalInformation"] == {"IngestionId": created["id"]}
    assert catalog.call("GET", path, 200).json()["status"] == "Deleting"
    catalog.call("DELETE", path, 409)
    catalog.call("POST", f"{path}/runs", 409)
    assert catalog.finish(accepted)["status"] == "Succeeded"
    catalog.call("GET", path, 404)
    assert catalog.call("GET", INGESTIONS, 200).json() == {"value": []}


@pytest.mark.parametrize(
    "changes",
    [
        {"importType": "Other"},
        {"importType": "StacGeoparquet"},
        {"sourceCatalogUrl": None},
        {"sourceCatalogUrl": "cat/catalog.json"},
        {"sourceCatalogUrl": "http://["},
        {"skipExistingItems": "yes"},
        {"displayName": 1},
    ],
)
def test_an_ingestion_that_cannot_be(stage: Stage, changes: dict[str, Any]) -> None:
    stage.catalog.call("POST", INGESTIONS, 400, json={**describe(f"{stage.url}/catalog.json"), **changes})
    created = create(stage.catalog, f"{stage.url}/catalog.json")
    stage.catalog.call("PATCH", f"{INGESTIONS}/{created}", 400, json=changes)


def test_geoparquet_came_with_the_second_version(stage: Stage) -> None:
    body = describe(f"{stage.url}/items.parquet")
    Catalog(stage.catalog.url, PREVIEW).call("POST", INGESTIONS, 400, json=body)
    created = stage.catalog.call("POST", INGESTIONS, 201, json=body).json()
    assert created["stacGeoparquetUrl"] == body["stacGeoparquetUrl"] and "sourceCatalogUrl" not in created


def test_what_is_not_there(stage: Stage) -> None:
    ingestion = create(stage.catalog, f"{stage.url}/catalog.json")
    for method, path in [
        ("POST", "/inma/collections/other/ingestions"),
        ("GET", "/inma/collections/other/ingestions"),
        ("GET", f"{INGESTIONS}/other"),
        ("POST", f"{INGESTIONS}/other/runs"),
        ("GET", f"{INGESTIONS}/{ingestion}/runs/other"),
    ]:
        error = stage.catalog.call(method, path, 404, json={}).json()["error"]
        assert error["code"] == "ResourceNotFound"


def test_lists_are_paged(stage: Stage) -> None:
    ingestions = [create(stage.catalog, f"{stage.url}/{n}/catalog.json") for n in range(3)]
    page = stage.catalog.call("GET", f"{INGESTIONS}?$top=2", 200).json()
    assert [found["id"] for found in page["value"]] == ingestions[:2]
    rest = stage.catalog.call("GET", page["nextLink"].removeprefix(stage.catalog.url), 200).json()
    assert [found["id"] for found in rest["value"]] == ingestions[2:] and "nextLink" not in rest
    runs = [begin_run(stage.catalog, ingestions[0]).rpartition("/")[2] for _ in range(3)]
    page = stage.catalog.call("GET", f"{INGESTIONS}/{ingestions[0]}/runs?$top=2", 200).json()
    assert [found["id"] for found in page["value"]] == runs[:2] and page["nextLink"]


def test_a_new_run_is_pending_and_counts_nothing(stage: Stage) -> None:
    url = stage.put_catalog([stage.catalog.scene(1)])
    ingestion = create(stage.catalog, url)
    created = stage.catalog.call("POST", f"{INGESTIONS}/{ingestion}/runs", 201).json()
    assert list(created) == [
        "id",
        "creationTime",
        "sourceCatalogUrl",
        "skipExistingItems",
        "keepOriginalAssets",
        "operation",
    ]
    operation = created["operation"]
    assert operation["status"] == "Pending" and counts(operation) == (0, 0, 0, 0)
    assert not {"type", "collectionId", "startTime", "finishTime"} & operation.keys()
    listed = stage.catalog.call("GET", f"/inma/operations/{operation['id']}").json()
    assert (listed["type"], listed["status"]) == ("IngestionStaticCatalog", "Pending")


def test_a_static_catalog_is_ingested(stage: Stage) -> None:
    items = [stage.catalog.scene(number) for number in range(23)]
    del items[5]["collection"]
    operation = run(stage.catalog, stage.put_catalog(items))
    assert operation["status"] == "Succeeded" and counts(operation) == (23, 0, 23, 0)
    assert [entry["status"] for entry in operation["statusHistory"]] == ["Pending", "Running", "Finished"]
    assert operation["startTime"] < operation["finishTime"]
    assert len(stage.catalog.ids(limit=100)) == 23
    item = stage.catalog.call("GET", "/stac/collections/c/items/scene-05?sign=true", 200).json()
    assert requests.get(item["assets"]["B09"]["href"], timeout=60).ok
    shown = stage.catalog.call("GET", f"/inma/operations/{operation['id']}").json()
    assert shown["additionalInformation"] == {
        "TotalFailedItems": "0",
        "TotalItems": "23",
        "TotalPendingItems": "0",
        "TotalSuccessfulItems": "23",
    }


def test_geoparquet_is_ingested_as_single_items_are(stage: Stage) -> None:
    scenes = stage.catalog
    items = [scenes.scene(number) for number in range(5)]
    items[1]["assets"]["extra"] = {**items[1]["assets"]["metadata"], "title": "only here"}
    items[2]["properties"]["platform"] = "only here"
    items[3]["properties"] |= {"proj:shape": [10, 20], "s2:tile": {"a": [{"b": 1}]}}
    operation = run(scenes, stage.put_geoparquet(items))
    assert operation["status"] == "Succeeded" and counts(operation) == (5, 0, 5, 0)
    found = [scenes.call("GET", f"/stac/collections/c/items/{item['id']}").json() for item in items]

    scenes.add_collection("d")
    scenes.finish(scenes.post_items(*[{**item, "collection": "d"} for item in items], collection_id="d"))
    for item in found:
        single = scenes.call("GET", f"/stac/collections/d/items/{item['id']}").json()
        assert {key: asset["type"] for key, asset in item["assets"].items()} == {
            key: asset["type"] for key, asset in single["assets"].items()
        }
        properties = {name: value for name, value in item["properties"].items() if value is not None}
        properties["datetime"] = properties["datetime"].replace(".000000Z", "Z")  # so the format's reader writes it
        assert (properties, item["geometry"], item["bbox"]) == (
            single["properties"],
            single["geometry"],
            single["bbox"],
        )


def test_failures_are_counted_but_not_named(stage: Stage) -> None:
    scenes = stage.catalog
    missing_blob = scenes.scene(3)
    missing_blob["assets"]["B09"]["href"] += "x"
    scenes.control("POST", "faults", {"item": "scene-04", "code": "InternalIntermitentError"})
    items = [
        *map(scenes.scene, (1, 2)),
        missing_blob,
        scenes.scene(4),
        {"id": 1},
        "no Item",
        {**scenes.scene(5), "collection": "x"},
    ]
    operation = run(scenes, stage.put_catalog(items))
    assert last_code(operation) == "ErrorsInBatchOperation" and counts(operation) == (7, 0, 2, 5)
    assert "error" not in operation
    shown = scenes.call("GET", f"/inma/operations/{operation['id']}").json()
    assert shown["error"]["error"]["code"] == "ErrorsInBatchOperation"
    assert "scene-" not in str(shown) and shown["additionalInformation"]["TotalFailedItems"] == "5"
    assert sorted(scenes.ids()) == ["scene-01", "scene-02"]

    again = run(scenes, f"{stage.url}/cat/catalog.json", skipExistingItems=True)
    assert counts(again) == (7, 0, 3, 4) and sorted(scenes.ids()) == ["scene-01", "scene-02", "scene-04"]


def test_items_that_exist_fail_unless_they_are_skipped(stage: Stage) -> None:
    scenes = stage.catalog
    scenes.ingest(scenes.scene(1))
    etag = scenes.call("GET", "/stac/collections/c/items/scene-01").json()["_msft:etag"]
    url = stage.put_geoparquet([scenes.scene(1), scenes.scene(2)])
    assert counts(run(scenes, url)) == (2, 0, 1, 1)
    assert counts(run(scenes, url, skipExistingItems=True)) == (2, 0, 2, 0)
    assert scenes.call("GET", "/stac/collections/c/items/scene-01").json()["_msft:etag"] == etag


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("catalog.json", b"{", "ImportFileValidationFailed"),
        ("catalog.json", upstream_scene(1), "ImportFileValidationFailed"),
        ("catalog.json", {"type": "Catalog", "id": "x"}, "InvalidStacCatalog"),
        ("catalog.json", stac_catalog("x", [{"rel": "item"}]), "InvalidStacCatalog"),
        ("catalog.json", stac_catalog("x", [{"rel": "child", "href": "./no.json"}]), "IngestionResourceUriNotFound"),
        ("items.parquet", b"no parquet", "InvalidGeoparquet"),
        ("items.parquet", plain_parquet(), "InvalidGeoparquet"),
        ("catalog.json", None, "IngestionResourceUriNotFound"),
    ],
)
def test_a_catalog_that_cannot_be_used_fails_the_run(stage: Stage, name: str, content: Any, code: str) -> None:
    url = f"{stage.url}/{name}" if content is None else stage.put(name, content)
    operation = run(stage.catalog, url)
    assert last_code(operation) == code and counts(operation) == (0, 0, 0, 0)


def test_the_container_of_the_catalog_needs_a_source_that_is_valid(scenes: Catalog) -> None:
    stage = Stage(scenes, with_source=False)
    url = stage.put_catalog([scenes.scene(1)])
    assert last_code(run(scenes, url)) == "PublicAccessRestricted"
    connection = {"containerUrl": stage.url, "sasToken": stage.token("rl", minutes=-1)}
    scenes.call("POST", "/inma/ingestion-sources", 201, json={"kind": "SasToken", "connectionInfo": connection})
    assert last_code(run(scenes, url)) == "IngestionAuthenticationFailed"


def test_an_empty_catalog_and_one_that_links_in_circles(stage: Stage) -> None:
    assert counts(run(stage.catalog, stage.put("empty.json", stac_catalog("x", [])))) == (0, 0, 0, 0)
    item = stage.put("item.json", stage.catalog.scene(1))
    links = [
        {"rel": "child", "href": "catalog.json"},
        {"rel": "item", "href": item},
        {"rel": "item", "href": "./item.json"},
    ]
    assert counts(run(stage.catalog, stage.put("catalog.json", stac_catalog("x", links)))) == (1, 0, 1, 0)
