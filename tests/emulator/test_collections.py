"""Collections and their assets."""

import io
import json
from typing import Any

import pytest
import requests
from PIL import Image

from tests.emulator.catalog import Catalog, new_collection

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def post_thumbnail(catalog: Catalog, status: int = 201, method: str = "POST", path: str = "") -> dict[str, Any]:
    data = {"key": "thumbnail", "href": "", "type": "image/png", "roles": ["thumbnail"], "title": "T"}
    parts = {"data": (None, json.dumps(data)), "file": ("small.png", png())}
    return catalog.call(method, f"/stac/collections/c/assets{path}", status, files=parts).json()


def test_a_collection_is_invisible_until_its_operation_is_done(catalog: Catalog) -> None:
    response = catalog.call("POST", "/stac/collections", 202, json=new_collection())
    catalog.call("GET", "/stac/collections/c", 404)
    assert catalog.call("GET", "/stac/collections", 200).json()["collections"] == []
    catalog.call("POST", "/stac/collections/c/items", 404, json=catalog.scene(1))
    catalog.finish(response)
    collection = catalog.call("GET", "/stac/collections/c", 200).json()
    assert collection["msft:_created"] == collection["msft:_updated"]
    assert "assets" not in collection


def test_links_are_rewritten_and_foreign_ones_kept(catalog: Catalog) -> None:
    catalog.add_collection()
    (collection,) = catalog.call("GET", "/stac/collections", 200).json()["collections"]
    links = {link["rel"]: link["href"] for link in collection["links"]}
    url = f"{catalog.url}/stac/collections/c"
    assert links == {
        "items": f"{url}/items",
        "parent": f"{catalog.url}/stac/",
        "root": f"{catalog.url}/stac/",
        "self": url,
        QUERYABLES: f"{url}/queryables",
        "license": "https://example.com/licence",
    }


def test_existing_id_is_409_even_while_it_is_being_created(catalog: Catalog) -> None:
    catalog.call("POST", "/stac/collections", 202, json=new_collection())
    catalog.call("POST", "/stac/collections", 409, json=new_collection())
    catalog.advance(30)
    response = catalog.call("POST", "/stac/collections", 409, json=new_collection())
    assert "already exists" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assets": {}}, "must be added using the GeoCatalog Collection Asset API"),
        ({"extent": {}}, "extent"),
        ({"extent": {"spatial": {}}}, "extent"),
        ({"license": None}, "license"),
        ({"id": "a b"}, "letters"),
        ({"type": "Catalog"}, "Collection"),
    ],
)
def test_invalid_collection_is_400(catalog: Catalog, change: dict[str, Any], message: str) -> None:
    response = catalog.call("POST", "/stac/collections", 400, json={**new_collection(), **change})
    assert message in response.json()["error"]["message"]
    assert catalog.call("GET", "/inma/operations", 200).json()["value"] == []


def test_malformed_json_is_400(catalog: Catalog) -> None:
    catalog.call("POST", "/stac/collections", 400, data="{")


def test_put_replaces_at_once_and_needs_the_live_assets(catalog: Catalog) -> None:
    catalog.add_collection()
    post_thumbnail(catalog)
    live = catalog.call("GET", "/stac/collections/c", 200).json()
    catalog.advance(1)
    response = catalog.call("PUT", "/stac/collections/c", 200, json={**live, "title": "New"})
    assert response.headers["api-supported-versions"] and "charset=utf-8" in response.headers["Content-Type"]
    links = {link["rel"]: link["href"] for link in response.json()["links"]}
    assert links["self"] == f"{catalog.url}/stac/collections/c/" and links["root"] == f"{catalog.url}/"
    changed = catalog.call("GET", "/stac/collections/c", 200).json()
    assert changed["title"] == "New" and changed["assets"] == live["assets"]
    assert changed["msft:_created"] == live["msft:_created"] and changed["msft:_updated"] > live["msft:_updated"]

    response = catalog.call("PUT", "/stac/collections/c", 400, json=new_collection())
    message = "'thumbnail' must be removed using the GeoCatalog Collection Asset API"
    assert response.json()["error"]["message"] == message
    more = {**live, "assets": {**live["assets"], "x": {"href": "https://x"}}}
    response = catalog.call("PUT", "/stac/collections/c", 400, json=more)
    assert "'x' must be added" in response.json()["error"]["message"]
    catalog.call("PUT", "/stac/collections/absent", 404, json=new_collection("absent"))


def test_delete_removes_items_blobs_and_configuration(scenes: Catalog) -> None:
    scenes.ingest(scenes.scene(1))
    post_thumbnail(scenes)
    item = scenes.call("GET", "/stac/collections/c/items/scene-01?sign=true", 200).json()
    href = item["assets"]["B09"]["href"]
    assert requests.get(href, timeout=60).status_code == 200
    operation = scenes.finish(scenes.call("DELETE", "/stac/collections/c", 202))
    assert (operation["type"], operation["status"]) == ("DeleteCollection", "Succeeded")
    scenes.call("GET", "/stac/collections/c", 404)
    scenes.call("GET", "/stac/collections/c/items/scene-01", 404)
    assert scenes.ids() == [] and requests.get(href, timeout=60).status_code == 404
    scenes.call("DELETE", "/stac/collections/c", 404)
    scenes.add_collection()
    assert scenes.call("GET", "/stac/collections/c/items", 200).json()["features"] == []
    assert "assets" not in scenes.call("GET", "/stac/collections/c", 200).json()


def test_recreating_too_soon_is_409(catalog: Catalog) -> None:
    catalog.control("PUT", "config", {"recreate_after_delete_seconds": 45})
    catalog.add_collection()
    catalog.finish(catalog.call("DELETE", "/stac/collections/c", 202))
    catalog.call("POST", "/stac/collections", 409, json=new_collection())
    catalog.advance(45)
    catalog.call("POST", "/stac/collections", 202, json=new_collection())


def test_asset_is_stored_in_managed_storage_and_signed_on_request(catalog: Catalog) -> None:
    catalog.add_collection()
    asset = post_thumbnail(catalog)["assets"]["thumbnail"]
    assert "key" not in asset and asset["title"] == "T"
    assert asset["href"].startswith(f"{catalog.url}/managed-storage/") and "/c-" in asset["href"]
    assert asset["href"].endswith("/collection-assets/thumbnail/small.png")
    assert requests.get(asset["href"], timeout=60).status_code == 409
    signed = catalog.call("GET", "/stac/collections/c?sign=true&duration=5", 200).json()["assets"]["thumbnail"]["href"]
    assert requests.get(signed, timeout=60).content == png()
    thumbnail = catalog.call("GET", "/stac/collections/c/thumbnail", 200)
    assert thumbnail.content == png() and thumbnail.headers["Content-Type"] == "image/png"


def test_asset_is_replaced_and_deleted(catalog: Catalog) -> None:
    catalog.add_collection()
    catalog.call("GET", "/stac/collections/c/thumbnail", 404)
    post_thumbnail(catalog)
    post_thumbnail(catalog, 409)
    replaced = post_thumbnail(catalog, 200, "PUT", "/thumbnail")
    assert QUERYABLES not in {link["rel"] for link in replaced["links"]}
    collection = catalog.call("DELETE", "/stac/collections/c/assets/thumbnail", 200).json()
    assert "assets" not in collection
    response = catalog.call("DELETE", "/stac/collections/c/assets/thumbnail", 404)
    message = (
        "Asset key 'thumbnail' not found in collection 'c'. Please verify the asset key and collection ID,"
        " and try again."
    )
    assert response.json()["error"]["message"] == message


def test_asset_without_key_is_400(catalog: Catalog) -> None:
    catalog.add_collection()
    files = {"data": (None, "{}"), "file": ("small.png", b"x")}
    catalog.call("POST", "/stac/collections/c/assets", 400, files=files)
    catalog.call("POST", "/stac/collections/c/assets", 400, files={"file": ("small.png", b"x")})
