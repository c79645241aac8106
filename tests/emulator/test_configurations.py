"""Render options, mosaics, tile settings, partition type."""

from typing import Any

import pytest

from tests.emulator.catalog import Catalog

ROOT = "/stac/collections/c/configurations"
RENDER_OPTION = {"id": "natural-color", "name": "Natural color", "type": "raster-tile", "options": "assets=visual"}
MOSAIC = {"id": "recent", "name": "Most recent", "cql": [{"op": "<=", "args": [{"property": "eo:cloud_cover"}, 10]}]}


@pytest.fixture
def configured(catalog: Catalog) -> Catalog:
    """Return a GeoCatalog with one Collection."""
    catalog.add_collection()
    return catalog


def test_a_new_collection_has_the_default_mosaic_and_settings(configured: Catalog) -> None:
    assert configured.call("GET", ROOT, 200).json() == {
        "tileSettings": {"minZoom": 12, "maxItemsPerTile": 35, "defaultLocation": None},
        "mosaicInfo": {
            "mosaics": [{"id": "default", "name": "Default", "description": "", "cql": []}],
            "renderOptions": [],
            "defaultLocation": None,
            "defaultCustomQuery": None,
        },
    }


@pytest.mark.parametrize(("family", "document"), [("render-options", RENDER_OPTION), ("mosaics", MOSAIC)])
def test_documents_are_created_read_replaced_and_deleted(
    configured: Catalog, family: str, document: dict[str, Any]
) -> None:
    path = f"{ROOT}/{family}"
    before = configured.call("GET", "/stac/collections/c", 200).json()["msft:_updated"]
    created = configured.call("POST", path, 201, json=document).json()
    assert created == created | document and created["description"] is None
    assert configured.call("GET", "/stac/collections/c", 200).json()["msft:_updated"] > before
    configured.call("POST", path, 409, json=document)
    assert created in configured.call("GET", path, 200).json()
    one = f"{path}/{document['id']}"
    assert configured.call("GET", one, 200).json() == created
    assert configured.call("PUT", one, 200, json={**document, "name": "Other"}).json()["name"] == "Other"
    configured.call("PUT", one, 400, json={**document, "id": "another"})
    assert configured.call("DELETE", one, 200).content == b""
    configured.call("GET", one, 404)
    configured.call("PUT", one, 404, json=document)
    configured.call("DELETE", one, 404)


def test_render_option_shows_every_member(configured: Catalog) -> None:
    created = configured.call("POST", f"{ROOT}/render-options", 201, json=RENDER_OPTION).json()
    nulls = dict.fromkeys(("description", "vectorOptions", "legend", "conditions"))
    assert created == {**RENDER_OPTION, "minZoom": 12, **nulls}


@pytest.mark.parametrize("bad", ["", "-a", "a-", "_a", "a.b", "a b", "x" * 31])
@pytest.mark.parametrize(("family", "document"), [("render-options", RENDER_OPTION), ("mosaics", MOSAIC)])
def test_bad_ids_are_400(configured: Catalog, family: str, document: dict[str, Any], bad: str) -> None:
    configured.call("POST", f"{ROOT}/{family}", 400, json={**document, "id": bad})


@pytest.mark.parametrize(("family", "length"), [("render-options", 40), ("mosaics", 30)])
def test_names_have_a_limit(configured: Catalog, family: str, length: int) -> None:
    document = RENDER_OPTION if family == "render-options" else MOSAIC
    response = configured.call("POST", f"{ROOT}/{family}", 400, json={**document, "name": "x" * (length + 1)})
    assert f"Name longer than {length} chars" in response.json()["error"]["message"]
    configured.call("POST", f"{ROOT}/{family}", 201, json={**document, "name": "x" * length})


@pytest.mark.parametrize(
    ("family", "document"),
    [
        ("render-options", {**RENDER_OPTION, "type": "png"}),
        ("render-options", {**RENDER_OPTION, "minZoom": 25}),
        ("render-options", [RENDER_OPTION]),
        ("mosaics", {"id": "a", "name": "a"}),
        ("mosaics", {**MOSAIC, "cql": [{"op": "=", "args": []}]}),
    ],
)
def test_bad_documents_are_400(configured: Catalog, family: str, document: Any) -> None:
    configured.call("POST", f"{ROOT}/{family}", 400, json=document)


def test_render_option_404_names_it(configured: Catalog) -> None:
    response = configured.call("GET", f"{ROOT}/render-options/none", 404)
    assert response.json()["error"]["message"] == "Render Option 'none' not found for collection 'c'"


def test_tile_settings_are_replaced(configured: Catalog) -> None:
    settings = {"minZoom": 6, "maxItemsPerTile": 10, "defaultLocation": {"zoom": 8, "coordinates": [63.8, -22.4]}}
    assert configured.call("PUT", f"{ROOT}/tile-settings", 200, json=settings).json() == settings
    assert configured.call("GET", f"{ROOT}/tile-settings", 200).json() == settings
    wrong = {**settings, "defaultLocation": {"zoom": 8, "coordinates": [200, 1]}}
    configured.call("PUT", f"{ROOT}/tile-settings", 400, json=wrong)


def test_partition_type_is_fixed_once_there_are_items(scenes: Catalog) -> None:
    path = f"{ROOT}/partition-type"
    assert scenes.call("GET", path, 200).json() == {"scheme": "none"}
    assert scenes.call("PUT", path, 200, json={"scheme": "month"}).content == b""
    assert scenes.call("GET", path, 200).json() == {"scheme": "month"}
    scenes.ingest(scenes.scene(1))
    scenes.call("PUT", path, 400, json={"scheme": "year"})


def test_configuration_of_a_missing_collection_is_404(catalog: Catalog) -> None:
    for path in ("", "/render-options", "/mosaics", "/tile-settings", "/partition-type"):
        catalog.call("GET", ROOT + path, 404)
    catalog.call("POST", f"{ROOT}/render-options", 404, json=RENDER_OPTION)
