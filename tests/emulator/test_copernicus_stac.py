"""The STAC API of the Copernicus Data Space, read by pystac-client."""

import hashlib

import pytest
import requests
from pystac_client import Client

from tests.emulator.copernicus import DataSpace

SCENE = "S2B_MSIL2A_20240205T131149_N0510_R138_T27VVL_20240205T154527"


@pytest.fixture
def client(data_space: DataSpace) -> Client:
    return Client.open(data_space.stac_url)


def test_collections(client: Client) -> None:
    found = {collection.id for collection in client.get_collections()}
    assert {"sentinel-2-l2a", "sentinel-1-grd", "sentinel-3-olci-1-efr-ntc", "sentinel-5p-l2-no2-offl"} <= found


def test_search_by_place_time_and_clouds(client: Client) -> None:
    search = client.search(
        collections=["sentinel-2-l2a"],
        bbox=[-22.46, 63.83, -22.39, 63.89],
        datetime="2024-02-04/2024-02-11",
        query={"eo:cloud_cover": {"lt": 20}},
        sortby="+properties.datetime",
        limit=1,
    )
    assert [item.id[:19] for item in search.items()] == ["S2B_MSIL2A_20240205", "S2B_MSIL2A_20240208"]


def test_an_item_leads_to_the_zip(data_space: DataSpace, client: Client) -> None:
    item = next(client.search(ids=[SCENE]).items())
    assert (item.properties["platform"], item.properties["sat:relative_orbit"]) == ("sentinel-2b", 138)
    asset = item.assets["Product"]
    content = requests.get(asset.href, headers=data_space.header(), timeout=60).content
    assert len(content) == asset.extra_fields["file:size"]
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert asset.extra_fields["file:checksum"] == f"d50110{md5}"
    assert item.get_self_href()


def test_what_the_catalogue_does_not_know_is_not_said(data_space: DataSpace, client: Client) -> None:
    data_space.mishap("unknown-checksum", "S5P*")
    item = next(client.search(collections=["sentinel-5p-l2-no2-offl"]).items())
    assert not {"file:size", "file:checksum"} & item.assets["Product"].extra_fields.keys()


def test_more_products_are_found_at_once(data_space: DataSpace, client: Client) -> None:
    data_space.configure(catalogue={"extra_products": 300})
    search = client.search(collections=["sentinel-3-olci-2-lfr-ntc"], limit=100)
    assert len({item.id for item in search.items()}) == 300
