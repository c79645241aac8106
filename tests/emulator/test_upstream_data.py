"""The upstream's mosaic info, and that every render option of it gives a picture."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import requests
from PIL import Image

from emulator.server import EmulatorServer
from emulator.state import EmulatorState
from emulator.upstreams.planetary_computer.mosaic_info import mosaic_info

ITEM = "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527"
INFO = mosaic_info("sentinel-2-l2a") or {}


@pytest.fixture(scope="module")
def state(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorState]:
    with EmulatorServer(tmp_path_factory.mktemp("data"), content=content) as server:
        yield server.state


@pytest.fixture
def api(state: EmulatorState) -> str:
    return f"{state.config.public_url}/planetary-computer/api/data/v1"


def test_mosaic_info_has_the_shape_of_the_public_one(api: str) -> None:
    info = requests.get(f"{api}/mosaic/info", params={"collection": "sentinel-2-l2a"}, timeout=60).json()

    assert set(info) == {"mosaics", "renderOptions", "defaultLocation", "defaultCustomQuery"}
    assert all(set(mosaic) == {"name", "description", "cql"} for mosaic in info["mosaics"])
    assert all(set(option) == {"name", "description", "options", "minZoom"} for option in info["renderOptions"])
    assert requests.get(f"{api}/mosaic/info", params={"collection": "no-such"}, timeout=60).status_code == 404


def test_two_names_collide_when_they_are_cut_to_30_characters() -> None:
    names = [option["name"] for option in INFO["renderOptions"]]
    assert len({name[:30] for name in names}) < len(set(names)) == len(names)
    assert max(map(len, names)) > 40


@pytest.mark.parametrize("option", INFO["renderOptions"], ids=lambda option: option["name"])
def test_every_render_option_draws_a_picture(api: str, option: dict) -> None:
    parameters = [("collection", "sentinel-2-l2a"), ("item", ITEM), ("width", "512"), ("height", "512")]
    answer = requests.get(f"{api}/item/preview.png", params=parameters + parse_qsl(option["options"]), timeout=60)

    assert answer.status_code == 200, answer.text
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.size == (512, 512)
        colors = np.asarray(picture.convert("RGB"))
    assert colors.std() > 20


def test_the_dynamic_assets_of_an_item_work(state: EmulatorState) -> None:
    item = state.upstream.get_item("sentinel-2-l2a", ITEM)
    assert item is not None
    preview = requests.get(item["assets"]["rendered_preview"]["href"], timeout=60)
    assert preview.headers["Content-Type"] == "image/png"

    tilejson = requests.get(item["assets"]["tilejson"]["href"], timeout=60).json()
    assert tilejson["bounds"] == item["bbox"]
    tile = tilejson["tiles"][0].replace("{z}", "13").replace("{x}", "3585").replace("{y}", "2192")
    answer = requests.get(tile, timeout=60)
    assert answer.status_code == 200, answer.text
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.size == (256, 256)


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({}, 400),
        ({"assets": "B99"}, 404),
        ({"assets": "safe-manifest"}, 404),
        ({"assets": "B04", "rescale": "1"}, 400),
        ({"assets": "B04", "width": "100000", "height": "9"}, 400),
        ({"assets": "B04", "color_formula": "Shine RGB 3"}, 400),
        ({"assets": "visual", "colormap_name": "viridis"}, 400),
        ({"assets": "B04", "colormap_name": "no-such"}, 400),
        ({"expression": "B04/"}, 400),
        ({"assets": "B04", "asset_bidx": "B04|2"}, 400),
        ({"assets": "B04", "item": "no-such"}, 404),
    ],
)
def test_what_cannot_be_drawn_is_refused(api: str, parameters: dict, status: int) -> None:
    query = {"collection": "sentinel-2-l2a", "item": ITEM, **parameters}
    assert requests.get(f"{api}/item/preview.png", params=query, timeout=60).status_code == status
