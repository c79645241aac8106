"""ObservEarth's API as its public clients use it, over HTTP."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image
from rasterio.io import MemoryFile

from emulator.server import EmulatorServer

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-22.44, 63.845], [-22.40, 63.845], [-22.40, 63.87], [-22.44, 63.87], [-22.44, 63.845]]],
}
ELSEWHERE = {"type": "Polygon", "coordinates": [[[10, 50], [10.01, 50], [10.01, 50.01], [10, 50]]]}
YEAR = {"start_date": "2023-01-01", "end_date": "2023-12-31", "cloud_cover": 100}


@pytest.fixture(scope="module")
def server(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    with EmulatorServer(tmp_path_factory.mktemp("observearth"), content=content) as running:
        yield running


class Account:
    """Calls with the key, or without."""

    def __init__(self, server: EmulatorServer) -> None:
        self.root = f"{server.url}/observearth/api"
        self.control = f"{server.url}/_emulator"
        self.headers = {"X-API-Key": server.state.config.observearth.api_key}

    def get(self, path: str, **params: Any) -> requests.Response:
        return requests.get(self.root + path, params=params, headers=self.headers, timeout=60)

    def post(self, path: str, **body: Any) -> requests.Response:
        return requests.post(self.root + path, json=body, headers=self.headers, timeout=60)

    def configure(self, **changes: Any) -> None:
        assert requests.put(f"{self.control}/config", json={"observearth": changes}, timeout=60).ok

    def create(self, name: str = "field", geometry: Any = SQUARE) -> str:
        created = self.post("/geometry/", name=name, geometry=geometry)
        assert created.status_code == 201, created.text
        return created.json()["id"]


@pytest.fixture
def account(server: EmulatorServer) -> Account:
    assert requests.post(f"{server.url}/_emulator/reset", timeout=60).ok
    return Account(server)


def test_without_the_key_nothing_is_answered(account: Account):
    account.headers = {}
    assert account.get("/geometry/").json() == {"detail": "Authentication credentials were not provided."}
    account.headers = {"x-api-key": "wrong"}
    assert account.post("/s2/search/").status_code == 403


def test_geometries_come_in_pages_of_fifty(account: Account):
    for number in range(51):
        account.create(f"field {number}")
    first = account.get("/geometry/").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (51, 50, None)
    second = requests.get(first["next"], headers=account.headers, timeout=60).json()
    assert [geometry["name"] for geometry in second["results"]] == ["field 50"]
    assert second["next"] is None
    assert second["previous"]
    assert len(account.get("/geometry/", detail="false", page_size=200).json()["results"]) == 51
    assert account.get("/geometry/", page=9).status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"geometry": SQUARE}, "name"),
        ({"name": "taken", "geometry": SQUARE}, "already exists"),
        ({"name": "two", "geometry": {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}}, "Polygon"),
        (
            {"name": "bow", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
            "Self",
        ),
        (
            {"name": "big", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}},
            "hectares",
        ),
    ],
)
def test_what_is_no_new_polygon_is_refused(account: Account, body: dict[str, Any], said: str):
    account.configure(unique_names=True)
    account.create("taken")
    refused = account.post("/geometry/", **body)
    assert refused.status_code == 400
    assert said in refused.text


def test_statistics_of_each_day_under_the_cloud_cover_limit(account: Account):
    geometry = account.create()
    days = account.post("/s2/stats/", geometry_id=geometry, index="ndvi", **YEAR).json()["results"]
    assert [day["date"][:7] for day in days] == [f"2023-{month:02d}" for month in range(1, 13)]
    means = {day["date"][5:7]: day["mean_value"] for day in days}
    assert means["07"] > means["03"] > means["12"]
    clear = account.post("/s2/stats/", geometry_id=geometry, index="ndvi", **{**YEAR, "cloud_cover": 20}).json()
    assert 0 < len(clear["results"]) < 12
    account.configure(null_dates=["2023-07-15"])
    july = {"start_date": "2023-07-15", "end_date": "2023-07-15", "cloud_cover": 100}
    assert account.post("/s2/stats/", geometry_id=geometry, index="ndvi", **july).json() == {
        "results": [{"date": "2023-07-15", "mean_value": None}]
    }


def test_search_and_the_pictures_of_an_item(account: Account):
    geometry = account.create()
    found = account.post("/s2/search/", geometry_id=geometry, **YEAR).json()
    assert found["count"] == len(found["results"]) == 12
    item_id = next(item["id"] for item in found["results"] if "202307" in item["id"])

    png = account.get(f"/s2/image/{geometry}/", item_id=item_id, image_type="png", index="ndvi", colormap="RdYlGn")
    assert np.asarray(Image.open(BytesIO(png.content)).convert("RGB")).std() > 10
    tif = account.get(f"/s2/image/{geometry}/", item_id=item_id, image_type="tif", index="ndvi")
    with MemoryFile(tif.content) as memory, memory.open() as raster:
        assert -1 <= raster.read(1, masked=True).mean() <= 1
    redirected = account.get(f"/s2/image/{geometry}", item_id=item_id, index="ndvi")
    assert redirected.history[0].status_code == 301
    assert redirected.content == account.get(f"/s2/image/{geometry}/", item_id=item_id, index="ndvi").content


def test_no_imagery_is_an_empty_answer(account: Account):
    geometry = account.create("elsewhere", ELSEWHERE)
    assert account.post("/s2/search/", geometry_id=geometry, **YEAR).json() == {"count": 0, "results": []}
    assert account.post("/s2/stats/", geometry_id=geometry, index="ndvi", **YEAR).json() == {"results": []}


def test_what_is_refused_says_why(account: Account):
    geometry = account.create()
    bad = [
        (account.post("/s2/stats/", geometry_id=geometry, index="ndwi", **YEAR), 400, "valid choice"),
        (account.post("/s2/stats/", geometry_id="no-such", index="ndvi", **YEAR), 404, "Not found"),
        (account.post("/s2/search/", geometry_id=geometry, start_date="May", end_date="June"), 400, "RFC 3339"),
        (account.get(f"/s2/image/{geometry}/", item_id="no-such", index="ndvi"), 404, "Not found"),
    ]
    account.configure(denied=["field"])
    bad.append((account.post("/s2/search/", geometry_id=geometry, **YEAR), 403, "permission"))
    for answer, status, said in bad:
        assert answer.status_code == status
        assert said in answer.text
