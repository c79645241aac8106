"""Search, signing, queryables, landing page."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pystac_client
import pytest
import requests

from tests.emulator.catalog import Catalog


@pytest.fixture
def filled(scenes: Catalog) -> Catalog:
    """Return a GeoCatalog with 12 Items."""
    assert scenes.ingest(*(scenes.scene(n) for n in range(12)))["status"] == "Succeeded"
    return scenes


def test_hrefs_are_unsigned_unless_asked(filled: Catalog) -> None:
    response = filled.call("POST", "/stac/search", 200, json={"ids": ["scene-03"], "collections": ["c"]})
    assert response.headers["Content-Type"] == "application/geo+json"
    href = response.json()["features"][0]["assets"]["B09"]["href"]
    assert "?" not in href and requests.get(href, timeout=60).status_code == 409


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("POST", "?sign=true&duration=10", {"ids": ["scene-03"]}),
        ("POST", "", {"ids": ["scene-03"], "sign": "true", "duration": 10}),
        ("GET", "?ids=scene-03&sign=true&duration=10", None),
    ],
)
def test_signed_hrefs_open_until_they_expire(filled: Catalog, method: str, query: str, body: Any) -> None:
    (item,) = filled.call(method, f"/stac/search{query}", 200, json=body).json()["features"]
    href = item["assets"]["B09"]["href"]
    assert {"st", "se", "sp", "sv", "sr", "sig", "skoid", "sks"} <= parse_qs(urlsplit(href).query).keys()
    assert requests.get(href, timeout=60).status_code == 200
    filled.advance(9 * 60)
    assert requests.get(href, timeout=60).status_code == 200
    filled.advance(61)
    assert requests.get(href, timeout=60).status_code == 403


def test_bad_duration_is_400(filled: Catalog) -> None:
    filled.call("POST", "/stac/search?sign=true&duration=x", 400, json={})
    filled.call("GET", "/sas/token/c?duration=0", 400)


def test_post_pages_by_token(filled: Catalog) -> None:
    body: dict[str, Any] | None = {"collections": ["c"], "limit": 5}
    ids = []
    while body:
        page = filled.call("POST", "/stac/search", 200, json=body).json()
        ids += [item["id"] for item in page["features"]]
        links = [link for link in page["links"] if link["rel"] == "next"]
        body = links[0]["body"] if links else None
    assert ids == [f"scene-{n:02d}" for n in range(11, -1, -1)]


def test_fields_and_sortby(filled: Catalog) -> None:
    body = {
        "limit": 2,
        "sortby": [{"field": "eo:cloud_cover", "direction": "asc"}],
        "fields": {"include": ["properties.eo:cloud_cover"], "exclude": []},
    }
    found = filled.call("POST", "/stac/search", 200, json=body).json()["features"]
    assert [item["properties"] for item in found] == [{"eo:cloud_cover": 0}, {"eo:cloud_cover": 1}]
    assert "assets" not in found[0]


@pytest.mark.parametrize(
    "body",
    [
        {"datetime": "2024-02-30"},
        {"bbox": [1, 2, 3]},
        {"limit": 0},
        {"filter": {"op": "nonsense"}},
        {"filter": "a = 1", "filter-lang": "sql"},
        {"token": "next:c:absent"},
        {"bbox": [0, 0, 1, 1], "intersects": {"type": "Point", "coordinates": [0, 0]}},
        [],
    ],
)
def test_malformed_search_is_400(filled: Catalog, body: Any) -> None:
    response = filled.call("POST", "/stac/search", 400, json=body)
    assert response.json()["error"]["message"] and response.headers["x-ms-error-code"]


def test_pystac_client_searches_with_a_bearer_header(filled: Catalog) -> None:
    """Pages, filters and sorts through both GET and POST."""
    client = pystac_client.Client.open(
        f"{filled.url}/stac",
        headers={"Authorization": str(filled.session.headers["Authorization"])},
        parameters={"api-version": "2026-04-15"},
    )
    assert [collection.id for collection in client.get_collections()] == ["c"]
    for method in ("GET", "POST"):
        search = client.search(method=method, collections=["c"], limit=5)
        ids = [item.id for item in search.items()]
        assert ids == [f"scene-{n:02d}" for n in range(11, -1, -1)]
        search = client.search(
            method=method,
            collections=["c"],
            datetime="2024-02-01/2024-02-09",
            filter={"op": "<", "args": [{"property": "eo:cloud_cover"}, 4]}
            if method == "POST"
            else '"eo:cloud_cover" < 4',
            filter_lang="cql2-json" if method == "POST" else "cql2-text",
            sortby="+datetime",
        )
        assert [item.id for item in search.items()] == [f"scene-{n:02d}" for n in range(4)]
    item = client.get_collection("c").get_item("scene-03")
    assert item is not None and item.bbox


def test_sign_returns_the_href_with_its_end(filled: Catalog) -> None:
    (item,) = filled.call("POST", "/stac/search", 200, json={"ids": ["scene-03"]}).json()["features"]
    href = item["assets"]["B09"]["href"]
    signed = filled.call("GET", "/sas/sign", 200, params={"href": href, "duration": 60}).json()
    assert signed["href"].startswith(href + "?st=")
    assert parse_qs(urlsplit(signed["href"]).query)["se"] == [signed["msft:expiry"]]
    assert requests.get(signed["href"], timeout=60).status_code == 200
    other = filled.call("GET", "/sas/sign", 200, params={"href": "https://example.com/x.tif"}).json()
    assert other == {"href": "https://example.com/x.tif"}


def test_token_opens_the_collection_until_revoked(filled: Catalog) -> None:
    filled.call("GET", "/sas/token/absent", 404)
    (item,) = filled.call("POST", "/stac/search", 200, json={"ids": ["scene-03"]}).json()["features"]
    token = filled.call("GET", "/sas/token/c", 200).json()
    href = f"{item['assets']['B09']['href']}?{token['token']}"
    assert requests.get(href, timeout=60).status_code == 200
    revoked = filled.call("POST", "/sas/token/revoke", 200)
    assert revoked.content == b"null"
    assert requests.get(href, timeout=60).status_code == 403
    fresh = filled.call("GET", "/sas/token/c", 200).json()["token"]
    assert requests.get(f"{item['assets']['B09']['href']}?{fresh}", timeout=60).status_code == 200


def test_landing_page_and_conformance(catalog: Catalog) -> None:
    landing = catalog.call("GET", "/stac", 200).json()
    assert landing["id"] == "spatio-stac"
    assert landing["conformsTo"] == catalog.call("GET", "/stac/conformance", 200).json()["conformsTo"]
    assert len(landing["conformsTo"]) == 15
    assert not any("transaction" in uri for uri in landing["conformsTo"])


def test_queryables(scenes: Catalog) -> None:
    path = "/stac/collections/c/queryables"
    queryable = {"name": "test:property", "definition": {"type": "number"}, "data_type": "number"}
    created = scenes.call("POST", path, 201, json=[queryable]).json()
    assert created == [{**queryable, "create_index": False}]
    scenes.call("POST", path, 409, json=[queryable])
    response = scenes.call("GET", path, 200)
    assert response.headers["Content-Type"] == "application/schema+json"
    schema = response.json()
    assert schema["$id"] == f"{scenes.url}{path}?api-version=2026-04-15"
    assert schema["properties"]["test:property"] == {"type": "number"} and schema["additionalProperties"]
    changed = {**queryable, "definition": {"type": "string"}, "data_type": None}
    assert scenes.call("PUT", f"{path}/test%3Aproperty", 200, json=changed).json()["data_type"] is None
    assert scenes.call("DELETE", f"{path}/test%3Aproperty", 200).content == b""
    scenes.call("DELETE", f"{path}/test%3Aproperty", 404)
    assert set(scenes.call("GET", "/stac/queryables", 200).json()["properties"]) == {"id", "datetime", "geometry"}
