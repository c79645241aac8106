"""The tiler under /data, in the paths of both api-versions."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image
from rasterio.features import geometry_mask
from rasterio.io import MemoryFile
from rasterio.warp import transform_geom

from emulator.identity import AUDIENCE, sign_token
from emulator.json_types import JsonDict
from emulator.search import parse_post
from emulator.server import EmulatorServer

BBOX = "-22.455626,63.834083,-22.395201,63.880750"
NATURAL = "assets=B04&assets=B03&assets=B02&nodata=0&rescale=1000,7200&color_formula=Gamma RGB 1.9 Saturation 1.15"
ITEM = "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527"
TRIANGLE = [[-22.45, 63.84], [-22.40, 63.84], [-22.40, 63.88], [-22.45, 63.84]]
FEATURE = {
    "type": "Feature",
    "properties": {"name": "triangle"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-22.45, 63.84], [-22.40, 63.84], [-22.40, 63.88], [-22.45, 63.84]]],
    },
}


@pytest.fixture(scope="module")
def server(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """An emulator whose catalog `coast` holds the six February Items."""
    with EmulatorServer(tmp_path_factory.mktemp("data"), content=content) as running:
        collection = running.state.upstream.get_collection("sentinel-2-l2a")
        running.state.catalog.put_collection({**(collection or {}), "id": "coast"})
        for item in _upstream_items(running):
            _ingest(running, item)
        yield running


def _upstream_items(server: EmulatorServer) -> list[JsonDict]:
    return server.state.upstream.search(parse_post({"datetime": "2024-02-04/2024-02-11"})).items


def _ingest(server: EmulatorServer, item: JsonDict) -> None:
    container = f"{server.url}/managed-storage/local/coast-01234567/a1b/{item['id']}"
    assets = {key: asset for key, asset in item["assets"].items() if "/blob/" in asset["href"]}
    links = {f"{container}/{key}.{asset['href'].rpartition('.')[2]}": asset["href"] for key, asset in assets.items()}
    server.state.blobs.link_all(links)
    hrefs = dict(zip(assets, links, strict=True))
    managed = {key: {**asset, "href": hrefs[key]} for key, asset in assets.items()}
    server.state.catalog.put_items([{**item, "collection": "coast", "assets": managed}])


class Tiler:
    """Calls the tiler with a token and an api-version."""

    def __init__(self, server: EmulatorServer, version: str, prefix: str) -> None:
        self._base = f"{server.url}{prefix}"
        token = sign_token(server.state.config, AUDIENCE, None, int(server.state.clock.time()))
        self._headers = {"Authorization": f"Bearer {token}"}
        self._version = version

    def get(self, path: str, query: str = "") -> requests.Response:
        """GET a path below the prefix."""
        url = f"{self._base}{path}?api-version={self._version}&{query}"
        return requests.get(url, headers=self._headers, timeout=60)

    def post(self, path: str, body: object, query: str = "") -> requests.Response:
        """POST JSON to a path below the prefix."""
        url = f"{self._base}{path}?api-version={self._version}&{query}"
        return requests.post(url, json=body, headers=self._headers, timeout=60)


VERSIONS = {
    "2026-04-15": f"/data/mosaic/collections/coast/items/{ITEM}",
    "2025-04-30-preview": f"/data/collections/coast/items/{ITEM}",
}


@pytest.fixture(params=VERSIONS)
def tiler(server: EmulatorServer, request: pytest.FixtureRequest) -> Tiler:
    return Tiler(server, request.param, VERSIONS[request.param])


@pytest.fixture
def part(tiler: Tiler) -> str:
    """`bbox` is called `crop` in the preview version."""
    return "bbox" if tiler._version == "2026-04-15" else "crop"


def picture(answer: requests.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    return Image.open(BytesIO(answer.content))


def test_a_preview_of_three_bands_is_a_real_picture(tiler: Tiler) -> None:
    image = picture(tiler.get("/preview.png", NATURAL + "&max_size=512"))
    assert image.size == (512, 512)
    assert np.asarray(image.convert("RGB")).std() > 30


def test_bands_of_different_resolution_fit(tiler: Tiler) -> None:
    image = picture(tiler.get("/preview.png", "assets=B12&assets=B09&assets=B04&rescale=1000,6000"))
    assert image.size == (640, 640)


def test_a_box_has_the_size_that_the_path_says(tiler: Tiler, part: str) -> None:
    assert picture(tiler.get(f"/{part}/{BBOX}/300x200.png", NATURAL)).size == (300, 200)
    assert picture(tiler.get(f"/{part}/{BBOX}.jpg", NATURAL)).format == "JPEG"
    assert picture(tiler.get(f"/{part}/{BBOX}.webp", NATURAL)).format == "WEBP"


def test_band_math_with_a_color_map(tiler: Tiler) -> None:
    for plus in ("%2B", "+"):
        query = f"expression=(B08-B04)/(B08{plus}B04-2000)&rescale=-0.5,0.9&colormap_name=rdylgn"
        image = picture(tiler.get("/preview.png", query))
        assert np.asarray(image.convert("RGB")).std() > 20


def test_other_formats(tiler: Tiler) -> None:
    answer = tiler.get("/preview.tif", "assets=B04")
    with MemoryFile(answer.content) as memory, memory.open() as raster:
        assert raster.crs.to_epsg() == 32627
        assert raster.dtypes[0] == "uint16"
    array = np.load(BytesIO(tiler.get("/preview.npy", "assets=SCL&return_mask=false").content))
    assert array.shape == (1, 320, 320)


def test_without_a_format_missing_pixels_decide(tiler: Tiler) -> None:
    assert picture(tiler.get("/preview", NATURAL)).format == "JPEG"


def test_tiles_and_the_tilejson_that_names_them(tiler: Tiler) -> None:
    tilejson = tiler.get("/WebMercatorQuad/tilejson.json", "assets=visual").json()
    template = tilejson["tiles"][0]
    assert f"api-version={tiler._version}" in template
    assert "assets=visual" in template
    path = template.partition(ITEM)[2].partition("?")[0]
    tile = picture(tiler.get(path.format(z=13, x=3585, y=2192), "assets=visual"))
    assert tile.size == (256, 256)
    assert picture(tiler.get("/tiles/WebMercatorQuad/13/3585/2192@2x.png", "assets=visual")).size == (512, 512)


def test_whole_numbers_may_be_written_as_microsofts_client_does(tiler: Tiler) -> None:
    path = "/tiles/WebMercatorQuad/13.0/3585.0/2192.0@1.0x.png"
    assert picture(tiler.get(path, "assets=visual")).size == (256, 256)


def test_information_and_statistics(tiler: Tiler) -> None:
    info = tiler.get("/info", "assets=B04&assets=B09").json()
    assert (info["B04"]["width"], info["B09"]["width"]) == (640, 107)
    assert info["B04"]["dtype"] == "uint16"

    bands = tiler.get("/statistics", "assets=B04&assets=visual").json()
    assert set(bands) == {"B04_b1", "visual_b1", "visual_b2", "visual_b3"}
    assert 1000 < bands["B04_b1"]["mean"] < 8000
    assert {"percentile_2", "percentile_98", "histogram", "valid_percent"} <= set(bands["B04_b1"])

    assert tiler.get("/asset_statistics", "assets=B04").json()["B04"]["b1"]["min"] > 1000
    assert tiler.get("/bounds").json()["bounds"][0] < -22.45
    assert "B8A" in tiler.get("/assets").json()
    point = tiler.get("/point/-22.42,63.86", "assets=B04").json()
    assert point["band_names"] == ["B04_b1"]
    assert point["values"][0] > 1000


def test_statistics_of_a_feature_count_what_it_covers(tiler: Tiler) -> None:
    answer = tiler.post("/statistics", FEATURE, "assets=B04").json()
    assert answer["type"] == "Feature"
    assert answer["properties"]["name"] == "triangle"
    covered = answer["properties"]["statistics"]["B04_b1"]
    assert 0.35 < covered["count"] / (covered["valid_pixels"] + covered["masked_pixels"]) < 0.65


def test_statistics_of_a_feature_leave_out_what_lies_beside_it(tiler: Tiler, server: EmulatorServer) -> None:
    item = server.state.catalog.get_item("coast", ITEM) or {}
    blob = server.state.blobs.local_file(item["assets"]["B04"]["href"])
    with rasterio.open(blob) as raster:
        outside = geometry_mask(
            [transform_geom("EPSG:4326", raster.crs, FEATURE["geometry"])], raster.shape, raster.transform
        )
        inside = raster.read(1)[~outside]
    query = "assets=B04&dst_crs=EPSG:32627&histogram_bins=4&histogram_range=1000,9000"
    found = tiler.post("/statistics", FEATURE, query).json()["properties"]["statistics"]["B04_b1"]
    assert found["mean"] == pytest.approx(inside.mean(), rel=0.002)
    assert found["count"] == pytest.approx(inside.size, rel=0.005)
    assert (found["min"], found["max"]) == pytest.approx((inside.min(), inside.max()), rel=0.02)
    assert found["valid_percent"] == 100
    assert found["histogram"][1] == [1000, 3000, 5000, 7000, 9000]


def test_a_feature_is_cut_out(tiler: Tiler, part: str) -> None:
    path = "/feature/100x100.png" if part == "bbox" else "/crop/100x100.png"
    image = picture(tiler.post(path, FEATURE, NATURAL))
    opaque = np.asarray(image.convert("RGBA"))[..., 3] > 0
    assert 0.4 < opaque.mean() < 0.6


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/preview.png", "", 400),
        ("/preview.bmp", "assets=visual", 400),
        ("/preview.png", "assets=B01&assets=B02&assets=B03&assets=B04", 400),
        ("/preview.png", "assets=B99", 404),
        ("/tiles/WebMercatorQuad/1/9/9.png", "assets=visual", 400),
        ("/tiles/no-such/1/1/1.png", "assets=visual", 400),
        ("/bbox/1,2,3.png", "assets=visual", 400),
        ("/bbox/3,2,1,4.png", "assets=visual", 400),
    ],
)
def test_what_cannot_be_drawn(tiler: Tiler, part: str, path: str, query: str, status: int) -> None:
    answer = tiler.get(path.replace("/bbox/", f"/{part}/"), query)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_an_unknown_item_is_404_and_a_missing_blob_424(server: EmulatorServer) -> None:
    tiler = Tiler(server, "2026-04-15", "/data/mosaic/collections/coast/items")
    assert tiler.get("/no-such/preview.png", "assets=visual").status_code == 404

    item = server.state.catalog.get_item("coast", ITEM) or {}
    server.state.blobs.delete_prefix(item["assets"]["B01"]["href"])

    answer = tiler.get(f"/{ITEM}/preview.png", "assets=B01")
    assert answer.status_code == 424
    assert answer.json() == {"error": {"code": "ServerError", "message": "HTTP response code: 404"}}
    assert "x-ms-error-code" not in answer.headers


def test_the_tiler_needs_a_token(server: EmulatorServer) -> None:
    url = f"{server.url}{VERSIONS['2026-04-15']}/preview.png?api-version=2026-04-15&assets=visual"
    assert requests.get(url, timeout=60).status_code == 401


def test_a_mosaic_of_the_collection_can_leave_out_clouds(server: EmulatorServer) -> None:
    tiler = Tiler(server, "2026-04-15", "/data/mosaic/collections/coast")
    newest = picture(tiler.get(f"/bbox/{BBOX}/200x200.png", "assets=visual"))
    clear = picture(tiler.get(f"/bbox/{BBOX}/200x200.png", 'assets=visual&query={"eo:cloud_cover":{"lt":5}}'))
    assert np.asarray(newest.convert("L")).mean() > np.asarray(clear.convert("L")).mean()
    assert picture(tiler.get("/tiles/WebMercatorQuad/13/3585/2192.png", "assets=visual")).size == (256, 256)
    assert tiler.get("/bbox/10,45,11,46.png", "assets=visual").status_code == 404
    assert tiler.get("/tilejson.json", "assets=visual").json()["bounds"][0] < -22.4


def test_a_registered_search_is_a_mosaic_too(server: EmulatorServer) -> None:
    tiler = Tiler(server, "2026-04-15", "/data/mosaic")
    search = {"collections": ["coast"], "filter": {"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}}
    registered = tiler.post("/register", search).json()
    assert registered == tiler.post("/register", search).json()
    search_id = registered["searchid"]
    assert len(search_id) == 32
    assert picture(tiler.get(f"/searches/{search_id}/tiles/WebMercatorQuad/13/3585/2192.png", "assets=visual"))
    assert tiler.get(f"/searches/{search_id}/info").json()["search"]["hash"] == search_id
    assert tiler.get("/searches/no-such/info").status_code == 404
