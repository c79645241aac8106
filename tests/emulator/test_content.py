"""The generated content: complete, true, reproducible, and made only once."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio.warp import transform_bounds

from emulator.content import paths
from emulator.content.files import write_scene
from emulator.content.generate import ensure_content
from emulator.content.grid import GRIDS
from emulator.content.items import item_of
from emulator.content.public_containers import PUBLIC_ACCOUNT, PUBLIC_CONTAINER
from emulator.content.scenes import SCENES

TUTORIAL_BBOX = (-22.455626, 63.834083, -22.395201, 63.880750)


@pytest.fixture(scope="module")
def items(content: Path) -> list[dict]:
    return [json.loads(line) for line in (content / "items.ndjson").read_text().splitlines()]


def _file(content: Path, href: str) -> Path:
    return content / "blobs" / href.removeprefix("https://").replace(".blob.core.windows.net", "")


def test_six_scenes_of_the_tutorials_week_and_one_of_every_month_of_2023(items: list[dict]) -> None:
    times = sorted(item["properties"]["datetime"] for item in items)

    assert len(times) == 18
    assert [t[:7] for t in times[:12]] == [f"2023-{month:02d}" for month in range(1, 13)]
    assert all("2024-02-04" <= t[:10] <= "2024-02-11" for t in times[12:])
    assert "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527" in {item["id"] for item in items}


def test_items_are_valid_stac_with_the_assets_of_the_public_ones(items: list[dict]) -> None:
    bands = {f"B{n:02d}" for n in (*range(1, 10), 11, 12)} | {"B8A"}
    others = {"AOT", "WVP", "SCL", "visual", "preview", "rendered_preview", "tilejson"}
    metadata = {f"{name}-metadata" for name in ("granule", "inspire", "product", "datastrip")}
    for item in items:
        parsed = pystac.Item.from_dict(item)
        assert shapely.geometry.shape(parsed.geometry).is_valid
        assert set(item["assets"]) == bands | others | metadata | {"safe-manifest"}


def test_footprints_and_projection_agree_with_the_rasters(content: Path, items: list[dict]) -> None:
    for item in items[:2]:
        footprint = shapely.geometry.shape(item["geometry"])
        assert footprint.contains(shapely.box(*TUTORIAL_BBOX))
        assert tuple(item["bbox"]) == footprint.bounds
        for asset in item["assets"].values():
            if "proj:shape" not in asset:
                continue
            with rasterio.open(_file(content, asset["href"])) as raster:
                assert raster.crs.to_epsg() == item["properties"]["proj:epsg"] == 32627
                assert list(raster.shape) == asset["proj:shape"]
                assert list(raster.bounds) == asset["proj:bbox"]
                assert list(raster.transform)[:6] == asset["proj:transform"]
                bounds = transform_bounds(raster.crs, "EPSG:4326", *raster.bounds)
                assert bounds == pytest.approx(item["bbox"], abs=0.002)


def test_every_blob_of_every_item_is_there(content: Path, items: list[dict]) -> None:
    for item in items:
        for asset in item["assets"].values():
            if ".blob." in asset["href"]:
                assert _file(content, asset["href"]).is_file()


def test_cloud_cover_is_that_of_the_classification_and_varies(content: Path, items: list[dict]) -> None:
    february = [item for item in items if item["properties"]["datetime"].startswith("2024-02")]
    covers = [item["properties"]["eo:cloud_cover"] for item in february]

    assert min(covers) < 5
    assert max(covers) > 80
    for item in february:
        with rasterio.open(_file(content, item["assets"]["SCL"]["href"])) as raster:
            cloudy = np.isin(raster.read(1), (8, 9, 10)).mean() * 100
        assert cloudy == pytest.approx(item["properties"]["eo:cloud_cover"], abs=1e-4)


def test_digital_numbers_have_the_offset_of_the_processing_baseline(content: Path, items: list[dict]) -> None:
    clear = min(items, key=lambda item: item["properties"]["eo:cloud_cover"])
    assert clear["properties"]["s2:processing_baseline"] == "05.10"
    with rasterio.open(_file(content, clear["assets"]["B08"]["href"])) as raster:
        near_infrared = raster.read(1)
        assert raster.overviews(1)
        assert raster.profile["tiled"]
    assert 1000 < np.percentile(near_infrared, 1) < 1300  # deep water
    assert np.percentile(near_infrared, 90) > 2000


def test_a_scene_comes_out_with_the_same_bytes(content: Path, tmp_path: Path) -> None:
    pixels = write_scene(SCENES[1], tmp_path)
    item = item_of(SCENES[1], pixels.class_percentages)
    for asset in item["assets"].values():
        if ".blob." in asset["href"]:
            again = tmp_path / _file(content, asset["href"]).relative_to(content / "blobs")
            digests = [hashlib.sha256(f.read_bytes()).digest() for f in (again, _file(content, asset["href"]))]
            assert digests[0] == digests[1], asset["href"]


def test_the_thumbnail_is_a_picture_in_a_public_container(content: Path) -> None:
    file = content / "blobs" / PUBLIC_ACCOUNT / PUBLIC_CONTAINER / paths.THUMBNAIL_PATH
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        colors = np.asarray(picture)
    assert colors.std() > 15


def test_content_is_generated_once_even_by_two_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def generate_little(folder: Path) -> None:
        made.append(folder)
        (folder / "items.ndjson").write_text("{}")

    monkeypatch.setattr("emulator.content.generate.generate_content", generate_little)
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: ensure_content(tmp_path), range(4)))

    assert len(folders) == len(made) == 1
    assert {child.name for child in tmp_path.iterdir()} == {".lock", folders.pop().name}


def test_grids_cover_the_same_window() -> None:
    assert GRIDS[10].bounds == GRIDS[20].bounds
    assert GRIDS[60].bounds[0::3] == (GRIDS[10].bounds[0], GRIDS[10].bounds[3])
