"""The Explorer's pages, without a token."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from emulator.server import EmulatorServer
from tests.emulator.catalog import Catalog

SOURCE = "/planetary-computer/blob/sentinel2l2a01/sentinel2-l2"
COLLECTION = "coast"


@pytest.fixture(scope="module")
def server(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """An emulator whose catalog has two good Items, one that failed and one render option."""
    with EmulatorServer(tmp_path_factory.mktemp("data"), content=content) as running:
        _fill(running)
        yield running


def _fill(server: EmulatorServer) -> None:
    catalog, url = Catalog(server.url), server.url
    catalog.add_collection(COLLECTION)
    token = requests.get(f"{url}/planetary-computer/api/sas/v1/token/sentinel-2-l2a", timeout=60).json()["token"]
    connection = {"containerUrl": url + SOURCE, "sasToken": token}
    catalog.call("POST", "/inma/ingestion-sources", json={"kind": "SasToken", "connectionInfo": connection})
    fault = {"item": "S2A_MSIL2A_20240207*", "code": "IngestionResourceTimeout", "times": 1}
    requests.post(f"{url}/_emulator/faults", json=fault, timeout=60).raise_for_status()
    for item in _source_items(url, "2024-02-05/2024-02-08"):
        catalog.call("POST", f"/stac/collections/{COLLECTION}/items", json={**item, "collection": COLLECTION})
    option = {"id": "infrared", "name": "Color infrared", "type": "raster-tile"}
    option["options"] = "assets=B08&assets=B04&assets=B03&nodata=0&rescale=1000,7200"
    catalog.call("POST", f"/stac/collections/{COLLECTION}/configurations/render-options", json=option)
    mosaic = {"id": "clear", "name": "Clear", "cql": [{"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}]}
    catalog.call("POST", f"/stac/collections/{COLLECTION}/configurations/mosaics", json=mosaic)
    server.state.clock.advance(60)


def _source_items(url: str, period: str) -> list[dict]:
    search = f"{url}/planetary-computer/api/stac/v1/search"
    items = requests.get(search, params={"datetime": period}, timeout=60).json()["features"]
    for item in items:
        item["assets"] = {key: asset for key, asset in item["assets"].items() if "/api/data/" not in asset["href"]}
    return list(items)


def page(server: EmulatorServer, path: str) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=60)


def test_the_root_leads_to_the_list_of_collections(server: EmulatorServer) -> None:
    answer = page(server, "/")
    assert answer.url.endswith("/collections")
    assert f'href="/collections/{COLLECTION}"' in answer.text
    assert "Sentinel-2 Level-2A" in answer.text  # of the upstream


def test_a_collection_shows_items_states_operations_and_sources(server: EmulatorServer) -> None:
    text = page(server, f"/collections/{COLLECTION}").text

    assert "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527" in text
    assert text.count(">Ingested</span>") == 2
    assert "IngestionResourceTimeout" in text
    assert f"{server.url}{SOURCE}" in text
    assert "sig=" not in text
    assert '<option value="infrared"' in text
    assert '<option value="clear"' in text


def test_everything_that_the_page_names_is_served_locally(server: EmulatorServer) -> None:
    text = page(server, f"/collections/{COLLECTION}").text
    paths = [part.partition('"')[0] for name in ("src=", "href=") for part in text.split(f'{name}"')[1:]]
    assert len(paths) > 10
    for path in set(paths) - {"data:,"}:
        assert path.startswith("/"), path
        assert page(server, path).status_code == 200, path


def test_tiles_show_the_chosen_mosaic_and_render_option(server: EmulatorServer) -> None:
    tile = f"/collections/{COLLECTION}/tiles/13/3585/2192.png"
    images = [
        np.asarray(Image.open(BytesIO(page(server, f"{tile}?{query}").content)).convert("RGB"))
        for query in ("option=infrared", "option=infrared&mosaic=clear")
    ]
    assert images[0].shape == (256, 256, 3)
    assert images[0].mean() > images[1].mean() + 5


def test_a_tile_with_nothing_to_show_is_empty(server: EmulatorServer) -> None:
    for query in ("", "?item=no-such", "?mosaic=no-such"):
        answer = page(server, f"/collections/{COLLECTION}/tiles/13/0/0.png{query}")
        assert Image.open(BytesIO(answer.content)).size == (1, 1)


def test_what_does_not_exist_is_404(server: EmulatorServer) -> None:
    for path in ("/collections/no-such", "/explorer/pages.py", "/explorer/leaflet/../__init__.py"):
        assert page(server, path).status_code == 404
    assert page(server, f"/collections/{COLLECTION}/items/no-such/json").status_code == 404


def test_text_of_a_collection_is_escaped(server: EmulatorServer) -> None:
    collection = server.state.catalog.get_collection(COLLECTION) or {}
    server.state.catalog.put_collection({**collection, "id": "bad", "title": "<script>alert(1)</script>"})
    for path in ("/collections", "/collections/bad"):
        assert "<script>alert" not in page(server, path).text
    server.state.catalog.delete_collection("bad")
