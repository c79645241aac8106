"""Long-running operations: 202, statuses over time, list, cancel."""

import pytest
import requests

from emulator.clock import parse_time
from tests.emulator.catalog import Catalog, error_of, new_collection


def test_a_write_answers_202_with_a_pending_operation(catalog: Catalog) -> None:
    response = catalog.call("POST", "/stac/collections", 202, json=new_collection())
    body = response.json()
    assert response.headers["Location"] == response.headers["operation-location"]
    assert response.headers["Location"] == f"{catalog.url}/inma/operations/{body['id']}?api-version=2026-04-15"
    assert "Retry-After" not in response.headers
    assert response.headers["api-supported-versions"] == "2025-04-30-preview, 2026-04-15"
    assert (body["status"], body["type"], body["collectionId"]) == ("Pending", "AddCollection", "c")
    assert [entry["status"] for entry in body["statusHistory"]] == ["Pending"]
    assert body["creationTime"].endswith("Z") and not body["creationTime"].endswith("0Z")


def test_status_runs_from_pending_to_succeeded_but_history_ends_finished(catalog: Catalog) -> None:
    catalog.control("PUT", "config", {"operations": {"min_seconds": 100, "max_seconds": 100}})
    catalog.add_collection()
    catalog.add_source()
    location = catalog.post_items(catalog.scene(1)).headers["Location"]
    seen = []
    for seconds in (0, 50, 60):
        catalog.advance(seconds)
        operation = catalog.session.get(location.partition("?")[0], timeout=60).json()
        seen.append(operation["status"])
    assert seen == ["Pending", "Running", "Succeeded"]
    assert [entry["status"] for entry in operation["statusHistory"]] == ["Pending", "Running", "Finished"]
    assert operation["startTime"] == operation["creationTime"] < operation["finishTime"]
    assert operation["additionalInformation"] == {
        "TotalFailedItems": "0",
        "TotalItems": "1",
        "TotalPendingItems": "0",
        "TotalSuccessfulItems": "1",
    }
    assert "error" not in operation


def test_collection_operations_have_no_item_counts(catalog: Catalog) -> None:
    operation = catalog.finish(catalog.call("POST", "/stac/collections", json=new_collection()))
    assert operation["status"] == "Succeeded"
    assert not {"startTime", "finishTime", "additionalInformation"} & operation.keys()


def test_durations_follow_from_the_seed(catalog: Catalog) -> None:
    def duration() -> float:
        catalog.control("POST", "reset")
        catalog.control("PUT", "config", {"seed": 5})
        catalog.add_collection()
        catalog.add_source()
        operation = catalog.ingest(catalog.scene(1))
        return parse_time(operation["finishTime"]) - parse_time(operation["creationTime"])

    assert duration() == pytest.approx(duration(), abs=1e-5)


def test_list_is_newest_first_and_pages(scenes: Catalog) -> None:
    for number in range(5):
        scenes.post_items(scenes.scene(number))
    scenes.advance(30)
    path, ids = "/inma/operations?$top=2&collectionId=c&status=Succeeded", []
    while path:
        page = scenes.call("GET", path.replace("&api-version=2026-04-15", ""), 200).json()
        assert len(page["value"]) <= 2
        ids += [operation["id"] for operation in page["value"]]
        path = page.get("nextLink", "").removeprefix(scenes.url)
    everything = scenes.call("GET", "/inma/operations", 200).json()
    assert ids == [operation["id"] for operation in everything["value"]] and len(ids) == 6
    assert "nextLink" not in everything
    times = [operation["creationTime"] for operation in everything["value"]]
    assert times == sorted(times, reverse=True)
    assert scenes.call("GET", "/inma/operations?status=Failed", 200).json()["value"] == []
    scenes.call("GET", "/inma/operations?status=Finished", 400)


def test_canceled_while_pending_has_no_effect_and_no_start(scenes: Catalog) -> None:
    operation_id = scenes.post_items(scenes.scene(1)).json()["id"]
    scenes.call("DELETE", f"/inma/operations/{operation_id}", 204)
    scenes.advance(30)
    operation = scenes.call("GET", f"/inma/operations/{operation_id}", 200).json()
    assert operation["status"] == "Canceled" and "error" not in operation and "startTime" not in operation
    (entry,) = operation["statusHistory"]
    assert entry["errorCode"] == "CanceledOperation"
    assert entry["errorMessage"] == f"Operation '{operation_id}' for collection 'c' has been cancelled"
    assert scenes.ids() == []


def test_cancel_all_ends_every_open_operation(scenes: Catalog) -> None:
    for number in range(3):
        scenes.post_items(scenes.scene(number))
    scenes.call("DELETE", "/inma/operations", 204)
    scenes.advance(30)
    assert len(scenes.call("GET", "/inma/operations?status=Canceled", 200).json()["value"]) == 3
    assert scenes.ids() == []


def test_unknown_operation_is_404(catalog: Catalog) -> None:
    response = catalog.call("GET", "/inma/operations/nothing", 404)
    assert response.headers["x-ms-error-code"] == response.json()["error"]["code"] == "ResourceNotFound"


def test_slots_let_operations_queue(scenes: Catalog) -> None:
    scenes.control("PUT", "config", {"operations": {"min_seconds": 10, "max_seconds": 10, "slots": 2}})
    for number in range(6):
        scenes.post_items(scenes.scene(number))
    done = []
    for _ in range(3):
        scenes.advance(10)
        done.append(len(scenes.ids()))
    assert done == [2, 4, 6]


def test_failed_operation_is_nested_and_in_the_history(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    operation = scenes.ingest(scenes.scene(1))
    assert error_of(operation) == ("ItemAlreadyExistsInCollection", "Item 'scene-01' already exists in collection 'c'")
    assert [entry["status"] for entry in operation["statusHistory"]] == ["Pending", "Running", "Failed"]
    assert operation["additionalInformation"]["TotalFailedItems"] == "1"


@pytest.mark.parametrize(
    ("version", "code"), [(None, "ApiVersionUnspecified"), ("2020-01-01", "UnsupportedApiVersion")]
)
def test_api_version_is_required(catalog: Catalog, version: str | None, code: str) -> None:
    response = requests.get(
        f"{catalog.url}/stac/collections",
        params={"api-version": version} if version else {},
        headers=dict(catalog.session.headers),
        timeout=10,
    )
    assert response.status_code == 400 and response.json()["error"]["code"] == code


def test_the_preview_version_is_repeated_in_locations(catalog: Catalog) -> None:
    preview = Catalog(catalog.url, "2025-04-30-preview")
    response = preview.call("POST", "/stac/collections", 202, json=new_collection())
    assert response.headers["Location"].endswith("?api-version=2025-04-30-preview")
    assert preview.finish(response)["status"] == "Succeeded"
