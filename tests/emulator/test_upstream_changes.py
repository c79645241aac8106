"""The upstream publishes, reprocesses and takes back Items; its search can be made to mislead."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pystac_client
import pytest
import requests

from emulator.server import EmulatorServer
from tests.emulator.catalog import ACCOUNT, CONTAINER, SCENES, Catalog, upstream_scene

NEW = "test-scenes-added"


@pytest.fixture
def client(catalog: Catalog) -> pystac_client.Client:
    return pystac_client.Client.open(f"{catalog.url}/planetary-computer/api/stac/v1")


def ids(client: pystac_client.Client, **search: Any) -> list[str]:
    return [item["id"] for item in client.search(collections=["test-scenes"], **search).items_as_dicts()]


def upstream_item(catalog: Catalog, item_id: str, collection_id: str = "test-scenes") -> dict[str, Any] | None:
    path = f"/planetary-computer/api/stac/v1/collections/{collection_id}/items/{item_id}"
    response = requests.get(catalog.url + path, timeout=60)
    return response.json() if response.ok else None


@pytest.mark.parametrize("as_list", [True, False])
def test_put_items_rewrites_hosts_and_a_reset_takes_them_back(catalog: Catalog, as_list: bool) -> None:
    items = [upstream_scene(100), {**upstream_scene(101), "collection": NEW}]
    body = items if as_list else {"type": "FeatureCollection", "features": items}
    assert catalog.control("PUT", "upstream/items", body) == {"items": 2}

    item = upstream_item(catalog, "scene-100")
    assert item and item["assets"]["B09"]["href"] == f"{catalog.container}/scene-100/B09.tif"
    assert requests.get(f"{item['assets']['B09']['href']}?{catalog.sas()}", timeout=60).ok
    added = requests.get(f"{catalog.url}/planetary-computer/api/stac/v1/collections/{NEW}", timeout=60).json()
    assert (added["msft:storage_account"], added["msft:container"]) == (ACCOUNT, CONTAINER)

    catalog.control("POST", "reset")
    assert upstream_item(catalog, "scene-100") is None
    assert upstream_item(catalog, "scene-101", NEW) is None
    assert not requests.get(f"{catalog.url}/planetary-computer/api/stac/v1/collections/{NEW}", timeout=60).ok
    assert catalog.control("GET", "health")["items"] == SCENES


def test_put_items_is_all_or_nothing_and_names_what_is_wrong(catalog: Catalog) -> None:
    bad = {**upstream_scene(101), "properties": {"datetime": "yesterday"}}
    for body in ([upstream_scene(100), bad], [upstream_scene(100), {"id": "x"}], {"id": "x"}):
        response = requests.put(f"{catalog.url}/_emulator/upstream/items", json=body, timeout=60)
        assert response.status_code == 400 and response.json()["detail"]
    assert upstream_item(catalog, "scene-100") is None
    assert catalog.control("GET", "health")["items"] == SCENES


def test_an_item_that_is_reprocessed_differs(catalog: Catalog, client: pystac_client.Client) -> None:
    before = upstream_item(catalog, "scene-03")
    catalog.control("POST", "upstream/items/test-scenes/scene-03/reprocess")
    after = upstream_item(catalog, "scene-03")
    assert before and after
    assert after["properties"]["eo:cloud_cover"] == before["properties"]["eo:cloud_cover"] + 7
    assert after["properties"]["updated"] and after["assets"] == before["assets"]
    assert ids(client, query={"eo:cloud_cover": {"eq": 10}}) == ["scene-10", "scene-03"]

    catalog.control("POST", "reset")
    assert upstream_item(catalog, "scene-03") == before


def test_generation_time_follows_the_emulators_clock(catalog: Catalog) -> None:
    item = upstream_scene(100)
    item["properties"]["s2:generation_time"] = "2024-02-05T15:45:27.000000Z"
    catalog.control("PUT", "upstream/items", [item])
    first = catalog.control("POST", "upstream/items/test-scenes/scene-100/reprocess")
    catalog.advance(3600)
    second = catalog.control("POST", "upstream/items/test-scenes/scene-100/reprocess")
    times = [found["properties"]["s2:generation_time"] for found in (item, first, second)]
    assert times == sorted(set(times)) and "updated" not in second["properties"]


def test_an_item_taken_back_is_gone_until_the_reset(catalog: Catalog, client: pystac_client.Client) -> None:
    catalog.control("DELETE", "upstream/items/test-scenes/scene-03")
    assert upstream_item(catalog, "scene-03") is None and len(ids(client)) == SCENES - 1
    url = f"{catalog.url}/_emulator/upstream/items/test-scenes/scene-03"
    assert requests.delete(url, timeout=60).status_code == 404
    assert requests.post(f"{url}/reprocess", timeout=60).status_code == 404
    catalog.control("POST", "reset")
    assert len(ids(client)) == SCENES


def test_changes_outlive_a_restart_and_can_still_be_undone(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        catalog = Catalog(server.url)
        catalog.control("PUT", "upstream/items", [upstream_scene(1)])
        port = server.port
    with EmulatorServer(tmp_path, port=port):
        assert upstream_item(catalog, "scene-01")
        catalog.control("POST", "reset")
        assert upstream_item(catalog, "scene-01") is None


def test_an_item_of_the_geocatalog_vanishes_without_an_operation(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1), scenes.scene(2))
    operations = scenes.call("GET", "/inma/operations").json()["value"]
    scenes.control("DELETE", "catalog/items/c/scene-01")
    assert scenes.ids() == ["scene-02"]
    assert scenes.call("GET", "/inma/operations").json()["value"] == operations
    assert requests.delete(f"{scenes.url}/_emulator/catalog/items/c/scene-01", timeout=60).status_code == 404
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("defect", "limit", "served"),
    [
        ({"search_cap": 25}, 10, 25),
        ({"search_cap": 20}, 10, 20),
        ({"search_cap": 100}, 10, SCENES),
        ({"broken_next_after": 2}, 7, 14),
        ({"broken_next_after": 9}, 7, SCENES),
        ({"broken_next_after": 1, "search_cap": 3}, 7, 3),
    ],
)
def test_a_search_that_is_cut_off(
    catalog: Catalog, client: pystac_client.Client, method: str, defect: dict[str, int], limit: int, served: int
) -> None:
    newest = ids(client, limit=100)
    catalog.control("PUT", "config", {"upstream": defect})
    assert ids(client, limit=limit, method=method) == newest[:served]
    catalog.control("POST", "reset")
    assert ids(client, limit=limit, method=method) == newest


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_the_last_item_of_a_page_comes_again_on_the_next(
    catalog: Catalog, client: pystac_client.Client, limit: int
) -> None:
    newest = ids(client, limit=100)
    catalog.control("PUT", "config", {"upstream": {"repeat_page": True}})
    pages = [[item["id"] for item in page["features"]] for page in client.search(limit=limit).pages_as_dicts()]
    assert all(page[0] == before[-1] for before, page in pairwise(pages))
    assert list(dict.fromkeys(item_id for page in pages for item_id in page)) == newest
    assert max(map(len, pages)) == max(2, limit)


def test_defects_together_still_serve_the_cap_once(catalog: Catalog, client: pystac_client.Client) -> None:
    newest = ids(client, limit=100)
    catalog.control("PUT", "config", {"upstream": {"repeat_page": True, "search_cap": 12}})
    found = ids(client, limit=5)
    assert list(dict.fromkeys(found)) == newest[:12] and len(found) > 12


def test_number_matched_is_the_truth_when_asked_for(catalog: Catalog, client: pystac_client.Client) -> None:
    page = requests.get(f"{catalog.url}/planetary-computer/api/stac/v1/search", timeout=60).json()
    assert "numberMatched" not in page
    catalog.control("PUT", "config", {"upstream": {"number_matched": True, "search_cap": 5}})
    assert client.search(collections=["test-scenes"]).matched() == SCENES
    page = requests.get(f"{catalog.url}/planetary-computer/api/stac/v1/search", timeout=60).json()
    assert (page["numberMatched"], page["numberReturned"]) == (SCENES, 5)
