"""Items of unpacked Sentinel-2 products: equal to those that the authors of stactools-sentinel2 expect."""

import json
import zipfile
from datetime import UTC, datetime

import pystac
import pytest

from models.copernicus import Product
from stac.copernicus_item import item_id_of
from tasks.safe import UnreadableProduct, sentinel2_item, unpack

ANTIMERIDIAN = "S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825.SAFE"
SVALBARD = "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE"


def _plain(value):
    """As JSON has it: tuples are lists."""
    return json.loads(json.dumps(value))


def _without(item, *properties):
    """Leave out hrefs, when the Item was made, and what is named."""
    assets = {key: {name: v for name, v in asset.items() if name != "href"} for key, asset in item["assets"].items()}
    kept = {name: value for name, value in item["properties"].items() if name not in {"created", *properties}}
    return _plain({**item, "assets": assets, "properties": kept})


def _as_expected_of_older_versions(item):
    """Undo what stactools-sentinel2 0.8 on pystac 1.15 writes otherwise than the version that wrote the file did."""
    properties = dict(item["properties"])
    properties["proj:epsg"] = int(properties.pop("proj:code").removeprefix("EPSG:"))
    schemas = [
        schema.replace("projection/v2.0.0", "projection/v1.1.0").replace(
            "classification/v2.0.0", "classification/v1.1.0"
        )
        for schema in item["stac_extensions"]
    ]
    return {**item, "properties": properties, "stac_extensions": schemas, "stac_version": "1.0.0"}


@pytest.mark.parametrize("name", [ANTIMERIDIAN, SVALBARD])
def test_the_item_is_the_expected_one_but_for_hrefs(real_data, name):
    safe = real_data / "safe" / name
    expected = json.loads((safe / "expected_output.json").read_text())
    item = _plain(sentinel2_item(safe))
    if expected["stac_version"] == "1.0.0":
        item = _as_expected_of_older_versions(item)
        # repeated points are left out since 0.8: the rings have fewer points, and the same shape
        assert _rings_without_repetition(expected) == _rings_without_repetition(item)
        item["geometry"] = expected["geometry"]
    assert _without(item) == _without(expected)
    assert all(asset["href"].startswith(str(safe)) for asset in item["assets"].values())


def _rings_without_repetition(item):
    polygons = item["geometry"]["coordinates"]
    return [
        [point for at, point in enumerate(ring) if at == 0 or point != ring[at - 1]]
        for rings in polygons
        for ring in rings
    ]


@pytest.mark.parametrize("name", [ANTIMERIDIAN, SVALBARD])
def test_the_id_is_known_before_the_product_is_here(real_data, name):
    item = sentinel2_item(real_data / "safe" / name)
    attributes = {
        "productType": "S2MSI2A",
        "tileId": item["properties"]["grid:code"].removeprefix("MGRS-"),
        "datastripId": item["properties"]["s2:datastrip_id"],
    }
    when = datetime(2024, 1, 1, tzinfo=UTC)
    product_id = "00000000-0000-0000-0000-000000000000"
    product = Product(
        product_id=product_id, name=name, collection="SENTINEL-2", start=when, end=when, attributes=attributes
    )
    assert item_id_of(product) == item["id"]


def test_the_item_is_valid_stac(real_data):
    for safe in (real_data / "safe").glob("*.SAFE"):
        item = pystac.Item.from_dict(sentinel2_item(safe))
        assert item.to_dict()["stac_version"] == "1.1.0"
        assert {"red", "nir", "scl", "visual", "safe_manifest"} <= set(item.assets)


def test_what_is_no_safe_product_is_said_in_a_sentence(tmp_path):
    no_zip = tmp_path / "a.zip"
    no_zip.write_bytes(b"no zip")
    with pytest.raises(UnreadableProduct, match=r"a\.zip cannot be unpacked: File is not a zip file"):
        unpack(no_zip, tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("b.SAFE/readme.txt", "no product")
    with pytest.raises(UnreadableProduct, match=r"b\.zip holds no manifest\.safe"):
        unpack(tmp_path / "b.zip", tmp_path / "b")
    broken = tmp_path / "c.SAFE"
    broken.mkdir()
    (broken / "manifest.safe").write_text("<xml/>")
    with pytest.raises(UnreadableProduct, match=r"makes no Item of c\.SAFE: .*dataObjectSection"):
        sentinel2_item(broken)


def test_unpacking_leaves_nothing_outside(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("p.SAFE/manifest.safe", "<xml/>")
        archive.writestr("../outside.txt", "escaped")
    folder = tmp_path / "p"
    assert unpack(tmp_path / "p.zip", folder) == folder / "p.SAFE"
    assert not (tmp_path / "outside.txt").exists()


def test_a_damaged_zip_is_said_in_a_sentence(tmp_path):
    """Its directory is whole, and what the directory points to is not a deflated stream any more."""
    content = bytes(range(256)) * 40
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.SAFE/manifest.safe", content)
        member = archive.infolist()[0]
    damaged = bytearray((tmp_path / "a.zip").read_bytes())
    begin = 30 + len(member.filename)
    damaged[begin : begin + member.compress_size] = b"\xff" * member.compress_size
    (tmp_path / "a.zip").write_bytes(damaged)
    with pytest.raises(UnreadableProduct, match=r"a\.zip cannot be unpacked: Error -3"):
        unpack(tmp_path / "a.zip", tmp_path / "a")


def test_a_zip_whose_end_is_missing_is_said_in_a_sentence(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.SAFE/manifest.safe", "<xml/>")

    def ends(self, folder):
        raise EOFError

    monkeypatch.setattr(zipfile.ZipFile, "extractall", ends)
    with pytest.raises(UnreadableProduct, match=r"a\.zip cannot be unpacked: EOFError"):
        unpack(tmp_path / "a.zip", tmp_path / "a")
