"""The control API: faults, configuration, reset, counts."""

import threading
import time
from typing import Any

import pytest
import requests

from tests.emulator.catalog import SCENES, Catalog, error_of, new_collection

POST_ITEMS = "POST /stac/collections/{collection_id}/items"


def test_health(catalog: Catalog) -> None:
    health = catalog.control("GET", "health")
    assert health["status"] == "ok" and health["items"] == SCENES and health["version"]


def test_item_fault_fails_the_item_as_often_as_ordered(scenes: Catalog) -> None:
    scenes.control("POST", "faults", {"item": "scene-0*", "code": "InternalIntermitentError", "times": 2})
    assert error_of(scenes.ingest(scenes.scene(1)))[0] == "InternalIntermitentError"
    assert scenes.control("GET", "faults")["faults"][0]["times"] == 1
    assert scenes.ingest(scenes.scene(11))["status"] == "Succeeded"
    operation = scenes.ingest(scenes.scene(1), scenes.scene(2))
    assert operation["additionalInformation"]["TotalFailedItems"] == "1"
    assert scenes.control("GET", "faults") == {"faults": []}


def test_item_fault_may_name_collection_and_message_and_last_for_ever(scenes: Catalog) -> None:
    fault = {"item": "scene-01", "collection": "other", "code": "GenericIngestionError"}
    scenes.control("POST", "faults", fault)
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"
    fault = {"item": "scene-02", "code": "GenericIngestionError", "message": "why", "times": None}
    scenes.control("POST", "faults", fault)
    for _ in range(3):
        assert error_of(scenes.ingest(scenes.scene(2))) == ("GenericIngestionError", "why")
    scenes.control("DELETE", "faults")
    assert scenes.ingest(scenes.scene(2))["status"] == "Succeeded"


def test_route_fault_answers_before_anything_happens(scenes: Catalog) -> None:
    scenes.control("POST", "faults", {"route": POST_ITEMS, "status": 503, "retry_after": "1", "times": 2})
    for _ in range(2):
        response = scenes.call("POST", "/stac/collections/c/items", 503, json=scenes.scene(1))
        assert response.headers["Retry-After"] == "1" and response.json()["error"]["code"]
    assert scenes.control("GET", "requests")["submitted_items"] == {}
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"
    counts = {(c["route"], c["status"]): c["count"] for c in scenes.control("GET", "requests")["counts"]}
    route = POST_ITEMS.partition(" ")[2]
    assert counts[route, 503] == 2 and counts[route, 202] == 1


def test_route_fault_after_the_commit_loses_only_the_answer(scenes: Catalog) -> None:
    scenes.control("POST", "faults", {"route": POST_ITEMS, "status": 500, "when": "after"})
    scenes.call("POST", "/stac/collections/c/items", 500, json=scenes.scene(1))
    scenes.advance(30)
    assert scenes.ids() == ["scene-01"]


@pytest.mark.parametrize(("when", "found"), [("before", []), ("after", ["scene-01"])])
def test_connection_may_be_dropped(scenes: Catalog, when: str, found: list[str]) -> None:
    scenes.control("POST", "faults", {"route": POST_ITEMS, "drop": True, "when": when})
    with pytest.raises(requests.ConnectionError):
        scenes.call("POST", "/stac/collections/c/items", json=scenes.scene(1))
    scenes.advance(30)
    assert scenes.ids() == found


def test_path_fault_hides_one_blob_from_clients_and_from_ingestion(scenes: Catalog) -> None:
    fault = {"path": "/planetary-computer/blob/*/scene-01/B09.tif", "status": 404, "times": 2}
    scenes.control("POST", "faults", fault)
    href = scenes.scene(1)["assets"]["B09"]["href"]
    assert requests.get(f"{href}?{scenes.sas()}", timeout=60).status_code == 404
    assert error_of(scenes.ingest(scenes.scene(1)))[0] == "IngestionResourceUriNotFound"
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"


def test_faults_strike_the_identity_endpoint_too(catalog: Catalog) -> None:
    catalog.control("POST", "faults", {"route": "GET /identity/token", "status": 500})
    url = f"{catalog.url}/identity/token?resource=x"
    assert requests.get(url, headers={"X-IDENTITY-HEADER": "local"}, timeout=60).status_code == 500
    assert requests.get(url, headers={"X-IDENTITY-HEADER": "local"}, timeout=60).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"item": "a"},
        {"item": "a", "code": "X", "path": "/b"},
        {"route": "/stac"},
        {"path": "/x", "status": 200},
        {"path": "/x", "unknown": 1},
    ],
)
def test_impossible_fault_is_400(catalog: Catalog, fault: dict[str, Any]) -> None:
    response = requests.post(f"{catalog.url}/_emulator/faults", json=fault, timeout=60)
    assert response.status_code == 400


def test_config_is_changed_in_part_and_checked(catalog: Catalog) -> None:
    before = catalog.control("GET", "config")
    changed = catalog.control("PUT", "config", {"operations": {"max_seconds": 9}, "seed": 3})
    assert changed == {**before, "seed": 3, "operations": {**before["operations"], "max_seconds": 9.0}}
    for wrong in ({"operations": {"min_seconds": 99}}, {"unknown": 1}, {"latency": {"seconds": -1}}, []):
        response = requests.put(f"{catalog.url}/_emulator/config", json=wrong, timeout=60)
        assert response.status_code == 400, wrong
    assert catalog.control("GET", "config") == changed


def test_reset_returns_to_the_start(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    item = scenes.call("GET", "/stac/collections/c/items/scene-01?sign=true", 200).json()
    scenes.control("PUT", "config", {"seed": 3})
    scenes.control("POST", "faults", {"path": "*", "status": 500})
    scenes.control("POST", "reset")
    assert scenes.control("GET", "faults") == {"faults": []}
    assert scenes.control("GET", "requests")["total"] == 0
    assert scenes.control("GET", "config")["seed"] == 0
    assert scenes.call("GET", "/stac/collections", 200).json()["collections"] == []
    assert scenes.call("GET", "/inma/operations", 200).json() == {"value": []}
    assert scenes.call("GET", "/inma/ingestion-sources", 200).json() == {"value": []}
    assert requests.get(item["assets"]["B09"]["href"], timeout=60).status_code == 404
    assert scenes.control("GET", "health")["items"] == SCENES


def test_latency_delays_the_geocatalog_only(catalog: Catalog) -> None:
    catalog.control("PUT", "config", {"latency": {"seconds": 0.2}})
    start = time.monotonic()
    catalog.call("GET", "/stac/collections", 200)
    assert time.monotonic() - start >= 0.2
    catalog.control("PUT", "config", {"latency": {"seconds": 60}})  # longer than a call may take
    catalog.control("GET", "health")


def test_concurrent_writers_lose_nothing(catalog: Catalog) -> None:
    """32 POSTs of one id at once: one is taken, all others are 409."""
    statuses = []

    def post() -> None:
        response = requests.post(
            f"{catalog.url}/stac/collections",
            params={"api-version": "2026-04-15"},
            headers=dict(catalog.session.headers),
            json=new_collection(),
            timeout=30,
        )
        statuses.append(response.status_code)

    threads = [threading.Thread(target=post) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [202] + [409] * 31
