"""Bulk ingestion: ingestions, runs, their queue, progress and failures."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.config import EmulatorConfig
from emulator.server import EmulatorServer
from tests.emulator.catalog import Catalog, upstream_scene
from tests.emulator.staging import Stage, plain_parquet, stac_catalog

INGESTIONS = "/inma/collections/c/ingestions"
PREVIEW = "2025-04-30-preview"


@pytest.fixture
def stage(scenes: Catalog) -> Stage:
    return Stage(scenes)


def describe(url: str, **members: Any) -> dict[str, Any]:
    kind, name = (
        ("StacGeoparquet", "stacGeoparquetUrl") if url.endswith(".parquet") else ("StaticCatalog", "sourceCatalogUrl")
    )
    return {"importType": kind, name: url, "skipExistingItems": False, "keepOriginalAssets": False, **members}


def create(catalog: Catalog, url: str, **members: Any) -> str:
    return catalog.call("POST", INGESTIONS, 201, json=describe(url, **members)).json()["id"]


def begin_run(catalog: Catalog, ingestion: str) -> str:
    """Begin a run; return its path."""
    response = catalog.call("POST", f"{INGESTIONS}/{ingestion}/runs", 201)
    return response.headers["Location"].removeprefix(catalog.url)


def run(catalog: Catalog, url: str, **members: Any) -> dict[str, Any]:
    """Create an ingestion, run it, let it end; return the run's operation."""
    path = begin_run(catalog, create(catalog, url, **members))
    catalog.advance(600)
    return catalog.call("GET", path, 200).json()["operation"]


def counts(operation: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("totalItems", "totalPendingItems", "totalSuccessfulItems", "totalFailedItems")
    return tuple(operation[name] for name in names)  # type: ignore[return-value]


def last_code(operation: dict[str, Any]) -> str:
    assert operation["status"] == "Failed"
    return operation["statusHistory"][-1]["errorCode"]


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
    assert requests.get(item["assets"]["B09"]["href"], timeout=10).ok
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


def test_progress_can_be_watched_and_follows_the_seed(stage: Stage) -> None:
    scenes = stage.catalog
    fixed = {"min_seconds": 4, "max_seconds": 4, "bulk_item_seconds": 1}
    scenes.control("PUT", "config", {"operations": fixed})
    path = begin_run(scenes, create(scenes, stage.put_catalog([scenes.scene(n) for n in range(20)])))
    seen = []
    for seconds in (0.5, 2, 5, 10, 20):
        scenes.advance(seconds)
        operation = scenes.call("GET", path).json()["operation"]
        total, pending, done, failed = counts(operation)
        assert total == pending + done + failed and len(scenes.ids(limit=100)) == done
        seen.append((operation["status"], total, done))
    assert [entry[:2] for entry in seen] == [("Pending", 0), *[("Running", 20)] * 3, ("Succeeded", 20)]
    assert seen[1][2] == 0 < seen[2][2] < seen[3][2] < 20 == seen[4][2]


def test_one_run_is_executed_at_a_time(stage: Stage) -> None:
    scenes = stage.catalog
    scenes.control("PUT", "config", {"operations": {"min_seconds": 4, "max_seconds": 4, "bulk_item_seconds": 1}})
    scenes.add_collection("d")
    first = create(scenes, stage.put_catalog([scenes.scene(n) for n in range(10)]))
    runs = [begin_run(scenes, first) for _ in range(3)]

    def states() -> list[str]:
        return [scenes.call("GET", path).json()["operation"]["status"] for path in runs]

    scenes.advance(5)
    assert states() == ["Running", "Pending", "Pending"]
    scenes.call("DELETE", f"{INGESTIONS}/{first}", 409)
    assert scenes.ingest({**scenes.scene(11)})["status"] == "Succeeded"  # its 30 s end the first run, too
    assert states()[0] == "Succeeded" and states()[1:] in (["Running", "Pending"], ["Failed", "Running"])
    scenes.advance(60)
    assert states() == ["Succeeded", "Failed", "Failed"]
    times = [scenes.call("GET", path).json()["operation"] for path in runs]
    assert all(before["finishTime"] <= after["startTime"] for before, after in pairwise(times))
    assert scenes.finish(scenes.call("DELETE", f"{INGESTIONS}/{first}", 202))["status"] == "Succeeded"
    scenes.call("GET", runs[0], 404)


def test_a_canceled_run_keeps_what_it_has_done_and_makes_way(stage: Stage) -> None:
    scenes = stage.catalog
    scenes.control("PUT", "config", {"operations": {"min_seconds": 4, "max_seconds": 4, "bulk_item_seconds": 1}})
    ingestion = create(scenes, stage.put_catalog([scenes.scene(n) for n in range(20)]), skipExistingItems=True)
    runs = [begin_run(scenes, ingestion) for _ in range(2)]
    scenes.advance(12)
    operation = scenes.call("GET", runs[0]).json()["operation"]
    scenes.call("DELETE", f"/inma/operations/{operation['id']}", 204)
    canceled = scenes.call("GET", runs[0]).json()["operation"]
    total, pending, done, failed = counts(canceled)
    assert canceled["status"] == "Canceled" and total == 20 and 0 < done == 20 - pending and not failed
    assert len(scenes.ids(limit=100)) == done
    scenes.advance(60)
    assert counts(scenes.call("GET", runs[1]).json()["operation"]) == (20, 0, 20, 0)
    pending = begin_run(scenes, ingestion)
    scenes.call("DELETE", "/inma/operations", 204)
    scenes.advance(60)
    operation = scenes.call("GET", pending).json()["operation"]
    assert [entry["status"] for entry in operation["statusHistory"]] == ["Canceled"] and "startTime" not in operation
    assert scenes.finish(scenes.call("DELETE", f"{INGESTIONS}/{ingestion}", 202))["status"] == "Succeeded"


def test_a_run_of_a_collection_that_was_deleted_fails(stage: Stage) -> None:
    scenes = stage.catalog
    ingestion = create(scenes, stage.put_catalog([scenes.scene(1)]))
    operation = scenes.call("POST", f"{INGESTIONS}/{ingestion}/runs", 201).json()["operation"]
    scenes.control("PUT", "config", {"operations": {"collection_min_seconds": 0, "collection_max_seconds": 0}})
    scenes.call("DELETE", "/stac/collections/c", 202)
    scenes.advance(60)
    assert scenes.call("GET", f"/inma/operations/{operation['id']}").json()["status"] == "Failed"


def test_a_run_outlives_a_restart_under_another_port(tmp_path: Path) -> None:
    config = EmulatorConfig.model_validate(
        {"operations": {"min_seconds": 0, "max_seconds": 0, "bulk_item_seconds": 1000}}
    )
    with EmulatorServer(tmp_path / "data", config=config) as server:
        catalog = Catalog(server.url)
        catalog.control("PUT", "upstream/items", [upstream_scene(number) for number in range(3)])
        catalog.add_collection()
        catalog.add_source()
        stage = Stage(catalog)
        path = begin_run(catalog, create(catalog, stage.put_geoparquet([catalog.scene(n) for n in range(3)])))
        assert counts(catalog.call("GET", path).json()["operation"]) == (3, 3, 0, 0)
    with EmulatorServer(tmp_path / "data", config=config) as server:
        catalog = Catalog(server.url)
        catalog.control("PUT", "upstream/items", [upstream_scene(number) for number in range(3)])
        catalog.advance(1600)
        operation = catalog.call("GET", path).json()["operation"]
        assert operation["status"] == "Running" and operation["totalPendingItems"] < 3
