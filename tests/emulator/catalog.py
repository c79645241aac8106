"""A plain client of the emulated GeoCatalog, with what the tests repeat."""

from typing import Any

import requests

AUDIENCE = "https://geocatalog.spatio.azure.com"
ACCOUNT, CONTAINER = "testaccount", "scenes"
SCENES = 30


def upstream_scene(number: int) -> dict[str, Any]:
    """Return an upstream Item as a file of Items holds it: on Azure's own host."""
    west, south = -22.0 + number / 10, 63.0
    east, north = west + 0.1, south + 0.1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    root = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}/scene-{number:02d}"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/eo/v1.0.0/schema.json"],
        "id": f"scene-{number:02d}",
        "collection": "test-scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {"datetime": f"2024-02-{number % 28 + 1:02d}T12:00:00Z", "eo:cloud_cover": number},
        "links": [{"rel": "license", "href": "https://example.com/licence"}],
        "assets": {
            "B09": {"href": f"{root}/B09.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]},
            "metadata": {"href": f"{root}/MTD.xml", "type": "application/xml", "roles": ["metadata"]},
        },
    }


def new_collection(collection_id: str = "c", **members: Any) -> dict[str, Any]:
    """Return a Collection that the GeoCatalog accepts."""
    return {
        "type": "Collection",
        "id": collection_id,
        "stac_version": "1.0.0",
        "title": "Scenes",
        "description": "Scenes of the tests",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
        },
        "links": [{"rel": "license", "href": "https://example.com/licence"}, {"rel": "self", "href": "https://x"}],
        **members,
    }


class Catalog:
    """Calls with a token and an api-version, and a clock that can be moved."""

    def __init__(self, url: str, api_version: str = "2026-04-15") -> None:
        self.url = url
        self.container = f"{url}/planetary-computer/blob/{ACCOUNT}/{CONTAINER}"
        self.session = requests.Session()
        self.session.params = {"api-version": api_version}
        self.session.headers["Authorization"] = f"Bearer {self.token()}"

    def token(self, resource: str = AUDIENCE, **params: str) -> str:
        """Ask the identity endpoint."""
        response = requests.get(
            f"{self.url}/identity/token",
            params={"api-version": "2019-08-01", "resource": resource, **params},
            headers={"X-IDENTITY-HEADER": "local"},
            timeout=10,
        )
        return response.json()["access_token"]

    def call(self, method: str, path: str, status: int | None = None, **options: Any) -> requests.Response:
        """Call a path of the GeoCatalog and check the status."""
        response = self.session.request(method, self.url + path, timeout=30, **options)
        assert status is None or response.status_code == status, (response.status_code, response.text)
        return response

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API."""
        response = requests.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=30)
        assert response.ok, response.text
        return response.json() if response.content else None

    def advance(self, seconds: float) -> None:
        """Move the emulator's time."""
        self.control("POST", "clock/advance", {"seconds": seconds})

    def finish(self, response: requests.Response) -> dict[str, Any]:
        """Let the operation of a 202 end; return it."""
        assert response.status_code == 202, response.text
        self.advance(30)
        return self.session.get(response.headers["Location"].partition("?")[0], timeout=60).json()

    def add_collection(self, collection_id: str = "c") -> None:
        """Create a Collection and wait for it."""
        operation = self.finish(self.call("POST", "/stac/collections", json=new_collection(collection_id)))
        assert operation["status"] == "Succeeded"

    def sas(self) -> str:
        """Return a SAS of the upstream's container."""
        url = f"{self.url}/planetary-computer/api/sas/v1/token/{ACCOUNT}/{CONTAINER}"
        return requests.get(url, timeout=60).json()["token"]

    def source_body(self) -> dict[str, Any]:
        """Return an ingestion source for the upstream's container."""
        return {"kind": "SasToken", "connectionInfo": {"containerUrl": self.container, "sasToken": self.sas()}}

    def add_source(self) -> dict[str, Any]:
        """Register the upstream's container."""
        return self.call("POST", "/inma/ingestion-sources", 201, json=self.source_body()).json()

    def scene(self, number: int, collection_id: str = "c") -> dict[str, Any]:
        """Return an upstream Item, addressed to a Collection of the GeoCatalog."""
        item = upstream_scene(number)
        for asset in item["assets"].values():
            asset["href"] = self.container + asset["href"].partition(f"/{CONTAINER}")[2]
        return {**item, "collection": collection_id}

    def post_items(self, *items: dict[str, Any], collection_id: str = "c") -> requests.Response:
        """POST one Item, or several as a FeatureCollection."""
        body = items[0] if len(items) == 1 else {"type": "FeatureCollection", "features": list(items)}
        return self.call("POST", f"/stac/collections/{collection_id}/items", 202, json=body)

    def ingest(self, *items: dict[str, Any]) -> dict[str, Any]:
        """POST Items and wait; return the operation."""
        return self.finish(self.post_items(*items))

    def ids(self, **search: Any) -> list[str]:
        """Return the ids that a search finds."""
        return [item["id"] for item in self.call("POST", "/stac/search", 200, json=search).json()["features"]]


def error_of(operation: dict[str, Any]) -> tuple[str, str]:
    """Return code and message of a failed operation, after checking that all places agree."""
    assert operation["status"] == "Failed"
    error, last = operation["error"]["error"], operation["statusHistory"][-1]
    assert (last["errorCode"], last["errorMessage"]) == (error["code"], error["message"])
    return error["code"], error["message"]
