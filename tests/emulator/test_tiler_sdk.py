"""Statistics and pictures of a Feature by Microsoft's own client."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from azure.identity import ManagedIdentityCredential
from azure.planetarycomputer import PlanetaryComputerProClient
from PIL import Image
from rasterio.warp import transform_geom

from emulator.search import parse_post
from emulator.server import EmulatorServer
from tests.emulator.catalog import AUDIENCE
from tests.emulator.test_azure_sdk import LoopbackBearer

NDVI = "(B08-B04)/(B08+B04-2000)"
CLEAR_NDVI = f"where((SCL>=4)&(SCL<=7),{NDVI},-9)"
RING = [[-22.44, 63.845], [-22.40, 63.845], [-22.40, 63.87], [-22.44, 63.87], [-22.44, 63.845]]
FEATURE = {"type": "Feature", "properties": {"name": "field"}, "geometry": {"type": "Polygon", "coordinates": [RING]}}


@pytest.fixture(scope="module")
def server(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    with EmulatorServer(tmp_path_factory.mktemp("data"), content=content) as running:
        (item,) = running.state.upstream.search(parse_post({"datetime": "2023-08-14/2023-08-14"})).items
        running.state.catalog.put_collection(
            {**(running.state.upstream.get_collection("sentinel-2-l2a") or {}), "id": "c"}
        )
        running.state.catalog.put_items([{**item, "collection": "c", "id": "august"}])
        yield running


@pytest.fixture
def client(server: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlanetaryComputerProClient]:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", "local")
    credential = ManagedIdentityCredential()
    policy = LoopbackBearer(credential, f"{AUDIENCE}/.default")
    with PlanetaryComputerProClient(server.url, credential, retry_total=0, authentication_policy=policy) as client:
        yield client


def test_statistics_of_an_expression_over_a_feature(client: PlanetaryComputerProClient) -> None:
    found = client.data.get_item_feature_statistics(
        "c",
        "august",
        FEATURE,
        expression=f"{NDVI};{CLEAR_NDVI}",
        asset_as_band=True,
        no_data="0",
        destination_crs="EPSG:32627",
        width=200,
        height=280,
        percentiles=[10, 90],
        histogram_bins="4",
        histogram_range="-1,1",
    )
    everything, clear = found["properties"]["statistics"].values()
    assert found["properties"]["name"] == "field"
    assert everything["percentile_10"] <= everything["median"] <= everything["percentile_90"]
    assert everything["histogram"][1] == [-1, -0.5, 0, 0.5, 1]
    assert everything["count"] == pytest.approx(200 * 280, rel=0.05)
    assert clear["min"] == -9  # what does not count is given a number: the tiler cannot mask by an expression


def test_a_feature_may_be_given_in_another_projection(client: PlanetaryComputerProClient) -> None:
    there = {**FEATURE, "geometry": transform_geom("EPSG:4326", "EPSG:32627", FEATURE["geometry"])}
    options = {"expression": NDVI, "asset_as_band": True, "destination_crs": "EPSG:32627"}
    usual, found = (
        client.data.get_item_feature_statistics("c", "august", feature, coordinate_reference_system=crs, **options)
        for feature, crs in ((FEATURE, None), (there, "EPSG:32627"))
    )
    (one,), (other,) = (answer["properties"]["statistics"].values() for answer in (usual, found))
    assert one["count"] == pytest.approx(other["count"])
    assert one["mean"] == pytest.approx(other["mean"])


def test_statistics_of_a_feature_are_of_whole_pixels(
    client: PlanetaryComputerProClient, server: EmulatorServer
) -> None:
    options = {"assets": ["B04"], "destination_crs": "EPSG:32627", "coordinate_reference_system": "EPSG:32627"}
    corners = [[430_005, 7_080_005], [430_095, 7_080_005], [430_095, 7_080_095], [430_005, 7_080_095]]
    square = {**FEATURE, "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}}
    sizes = []
    for aligns in (True, False):
        server.state.config = server.state.config.changed({"tiler": {"aligns": aligns}})
        (band,) = client.data.get_item_feature_statistics("c", "august", square, **options)["properties"][
            "statistics"
        ].values()
        sizes.append(band["valid_pixels"] + band["masked_pixels"])
    assert sizes == [100, 81]


def test_a_picture_of_a_feature(client: PlanetaryComputerProClient) -> None:
    chunks = client.data.crop_feature_width_by_height(
        "c",
        "august",
        120,
        160,
        "png",
        FEATURE,
        expression=NDVI,
        asset_as_band=True,
        no_data="0",
        rescale=["-0.2,0.9"],
        color_map_name="rdylgn",
        destination_crs="EPSG:32627",
    )
    image = Image.open(BytesIO(b"".join(chunks)))
    assert image.size == (120, 160)
    assert np.asarray(image.convert("RGB")).std() > 10
