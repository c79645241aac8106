"""Contract test: pystac-client against the upstream STAC API, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pystac_client
import pytest
import requests

from emulator.server import EmulatorServer
from emulator.state import EmulatorState

TUTORIAL = {
    "collections": ["sentinel-2-l2a"],
    "bbox": [-22.455626, 63.834083, -22.395201, 63.880750],
    "datetime": "2024-02-04/2024-02-11",
}


@pytest.fixture(scope="module")
def upstream(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorState]:
    with EmulatorServer(tmp_path_factory.mktemp("data"), content=content) as server:
        yield server.state


@pytest.fixture(scope="module")
def root(upstream: EmulatorState) -> str:
    return f"{upstream.config.public_url}/planetary-computer/api/stac/v1"


@pytest.fixture(scope="module")
def client(root: str) -> pystac_client.Client:
    return pystac_client.Client.open(root)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_tutorials_search_finds_six_items(client: pystac_client.Client, method: str) -> None:
    found = client.search(**TUTORIAL, method=method).item_collection()

    assert len(found) == 6
    assert [item.datetime for item in found] == sorted((item.datetime for item in found), reverse=True)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("limit", "pages"), [(4, 5), (6, 3), (17, 2), (100, 1)])
def test_pages_hold_every_item_once(client: pystac_client.Client, method: str, limit: int, pages: int) -> None:
    search = client.search(collections=["sentinel-2-l2a"], limit=limit, method=method)

    found = [[item["id"] for item in page["features"]] for page in search.pages_as_dicts()]

    assert len(found) == pages
    assert len({item_id for page in found for item_id in page}) == sum(map(len, found)) == 18


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_max_items_stops_in_the_middle_of_a_page(client: pystac_client.Client, method: str) -> None:
    search = client.search(collections=["sentinel-2-l2a"], limit=4, max_items=10, method=method)
    assert len(list(search.items())) == 10


CQL2_TEXT = "\"eo:cloud_cover\" < 20 AND platform = 'Sentinel-2B'"
CQL2_JSON = {
    "op": "and",
    "args": [
        {"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]},
        {"op": "=", "args": [{"property": "platform"}, "Sentinel-2B"]},
    ],
}


@pytest.mark.parametrize(("method", "cql2"), [("GET", CQL2_TEXT), ("POST", CQL2_JSON)])
def test_cql2_filters(client: pystac_client.Client, method: str, cql2: object) -> None:
    found = client.search(**TUTORIAL, filter=cql2, method=method).item_collection()

    assert {item.id[:19] for item in found} == {"S2B_MSIL2A_20240205", "S2B_MSIL2A_20240208"}
    assert all(item.properties["eo:cloud_cover"] < 20 for item in found)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_intersects_query_and_sort(client: pystac_client.Client, method: str) -> None:
    point = {"type": "Point", "coordinates": [-22.42, 63.86]}
    search = client.search(
        intersects=point, query={"eo:cloud_cover": {"lt": 20}}, sortby="+properties.eo:cloud_cover", method=method
    )
    covers = [item.properties["eo:cloud_cover"] for item in search.items()]
    assert len(covers) >= 4
    assert covers == sorted(covers)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_elsewhere_and_at_other_times_there_is_nothing(client: pystac_client.Client, method: str) -> None:
    assert not list(client.search(bbox=[10, 45, 11, 46], method=method).items())
    assert not list(client.search(datetime="2022", method=method).items())


def test_fields_leave_out_assets(client: pystac_client.Client) -> None:
    search = client.search(**TUTORIAL, fields=["id", "properties.eo:cloud_cover", "-assets"])
    page = next(search.pages_as_dicts())
    assert set(page["features"][0]) == {"id", "type", "collection", "properties"}
    assert set(page["features"][0]["properties"]) == {"eo:cloud_cover"}


def test_the_collection_has_the_members_that_a_geocatalog_needs(client: pystac_client.Client) -> None:
    collection = client.get_collection("sentinel-2-l2a")

    assert collection.extra_fields["msft:storage_account"] == "sentinel2l2a01"
    assert collection.extra_fields["msft:container"] == "sentinel2-l2"
    assert set(collection.assets) == {"thumbnail", "geoparquet-items"}
    assert len(collection.extra_fields["item_assets"]) == 22
    assert len(list(collection.get_items())) == 18
    assert client.get_collection("sentinel-2-l2a").get_item(TUTORIAL_ITEM).id == TUTORIAL_ITEM


TUTORIAL_ITEM = "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527"


def test_no_href_of_an_item_leads_off_this_machine(root: str, upstream: EmulatorState) -> None:
    item = requests.get(f"{root}/collections/sentinel-2-l2a/items/{TUTORIAL_ITEM}", timeout=60).json()
    hrefs = [asset["href"] for asset in item["assets"].values()]
    assert len(hrefs) == 24
    assert all(href.startswith(f"{upstream.config.public_url}/planetary-computer/") for href in hrefs)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/no-such", 404),
        ("/collections/no-such/items", 404),
        ("/collections/sentinel-2-l2a/items/no-such", 404),
        ("/search?bbox=1,2,3", 400),
        ("/search?datetime=yesterday", 400),
        ("/queryables", 200),
        ("/collections/sentinel-2-l2a/queryables", 200),
        ("/", 200),
    ],
)
def test_status_codes(root: str, path: str, status: int) -> None:
    answer = requests.get(root + path, timeout=60)
    assert answer.status_code == status
    assert status == 200 or answer.json()["description"]


def test_a_search_that_is_not_json_is_refused(root: str) -> None:
    assert requests.post(f"{root}/search", data=b"{", timeout=60).status_code == 400
