"""Items of products that stay one file: valid, and saying what the catalogue's record says."""

from datetime import UTC, datetime

import pystac
import pytest
from pystac.validation import validate_dict

from models.copernicus import Product
from stac.copernicus_item import (
    file_asset,
    fingerprint_in,
    is_unpacked,
    item_id_of,
    item_of,
    product_fingerprint,
    with_provenance,
)
from stac.copernicus_properties import EXTENSIONS, extensions_of, properties_of
from stac.item import preflight
from stac.safe_item import StagedFile, with_staged_assets

START = datetime(2024, 2, 4, 13, 12, 1, tzinfo=UTC)
SQUARE = {"type": "Polygon", "coordinates": [[[-23, 63], [-21, 63], [-21, 65], [-23, 65], [-23, 63]]]}
URL = "https://account.blob.core.windows.net/container/file"
SAR = {
    "platformShortName": "SENTINEL-1",
    "platformSerialIdentifier": "A",
    "instrumentShortName": "SAR",
    "operationalMode": "IW",
    "polarisationChannels": "VV&VH",
    "productType": "IW_GRDH_1S",
    "processingLevel": "LEVEL1",
    "processingCenter": "Production Service-SERCO",
    "processorName": "Sentinel-1 IPF",
    "processorVersion": "003.71",
    "orbitDirection": "DESCENDING",
    "orbitNumber": 52411,
    "relativeOrbitNumber": 138,
    "timeliness": "Fast-24h",
}
REQUIRED = {
    "sar": {"sar:instrument_mode", "sar:frequency_band", "sar:polarizations", "sar:product_type"},
    "product": {"product:type"},
}
"""Fields that the schema of the extension requires, or that give it its reason."""


def product_of(**members) -> Product:
    return Product(
        **{
            "product_id": "67360f3a-f36b-11ef-9d3f-0050561a7772",
            "name": "S3A_OL_1_EFR____20240204T131201_20240204T131501_0179_109_038_1620_PS1_O_NT_003.SEN3",
            "collection": "SENTINEL-3",
            "size": 1000,
            "md5": "0123456789abcdef0123456789abcdef",
            "start": START,
            "end": START.replace(minute=15),
            "footprint": SQUARE,
            "attributes": {"platformShortName": "SENTINEL-3", "productType": "OL_1_EFR___", "cloudCover": 12.5},
            **members,
        }
    )


def staged_item(product):
    item = with_provenance(
        {**item_of(product), "assets": {"product": file_asset(product)}}, product, START, "https://c/odata"
    )
    file = StagedFile(URL, 1000, "0123456789abcdef0123456789abcdef", "application/zip")
    return with_staged_assets(item, {"product": file})


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"collection": "SENTINEL-1", "attributes": SAR},
        {"end": START, "md5": None, "blake3": "ab" * 32, "attributes": {}},
        {"name": "S5P_OFFL_L2__NO2____20240204T131201.nc", "collection": "SENTINEL-5P"},
    ],
)
def test_the_item_is_valid(members):
    item = staged_item(product_of(**members))
    validate_dict(
        {**item, "stac_extensions": [], "collection": "c", "links": [*item["links"], _COLLECTION]}
    )  # core: bundled
    pystac.Item.from_dict(item)
    assert preflight(item) == []
    used = {name.partition(":")[0] for name in [*item["properties"], *item["assets"]["product"]] if ":" in name}
    assert {EXTENSIONS[prefix] for prefix in used - {"copernicus"}} == set(item["stac_extensions"])
    for prefix, fields in REQUIRED.items():
        if EXTENSIONS[prefix] in item["stac_extensions"]:
            assert fields <= set(item["properties"])


_COLLECTION = {"rel": "collection", "href": "../c.json", "type": "application/json"}  # the service writes this link


def test_attributes_of_a_radar_product_become_fields_of_extensions():
    assert properties_of(SAR) == {
        "platform": "sentinel-1a",
        "constellation": "sentinel-1",
        "instruments": ["sar"],
        "sat:orbit_state": "descending",
        "sat:relative_orbit": 138,
        "sat:absolute_orbit": 52411,
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sar:center_frequency": 5.405,
        "sar:polarizations": ["VV", "VH"],
        "sar:product_type": "GRD",
        "product:type": "IW_GRDH_1S",
        "product:timeliness": "PT24H",
        "product:timeliness_category": "Fast-24h",
        "processing:level": "L1",
        "processing:facility": "Production Service-SERCO",
        "processing:software": {"Sentinel-1 IPF": "003.71"},
    }


@pytest.mark.parametrize(
    ("said", "level"), [("S2MSI2A", "L2A"), ("2", "L2"), ("L1B", "L1B"), ("LEVEL1", "L1"), ("AUX", "AUX")]
)
def test_processing_levels_in_their_usual_form(said, level):
    assert properties_of({"processingLevel": said}) == {"processing:level": level}


@pytest.mark.parametrize(
    "attributes", [{"cloudCover": -1.0}, {"platformShortName": "SENTINEL-1", "polarisationChannels": "VV"}]
)
def test_what_is_unknown_or_incomplete_is_left_out(attributes):
    properties = properties_of(attributes)
    assert not {"eo:cloud_cover", "sar:polarizations"} & set(properties)
    assert EXTENSIONS["sar"] not in extensions_of(properties)


def test_times_are_an_interval_unless_the_record_names_an_instant():
    properties = item_of(product_of())["properties"]
    assert properties["datetime"] == properties["start_datetime"] == "2024-02-04T13:12:01Z"
    assert properties["end_datetime"] == "2024-02-04T13:15:01Z"
    assert "start_datetime" not in item_of(product_of(end=START))["properties"]


def test_a_footprint_across_the_antimeridian_is_split():
    ring = [[170, 10], [-170, 10], [-170, 20], [170, 20], [170, 10]]
    item = item_of(product_of(footprint={"type": "Polygon", "coordinates": [ring]}))
    assert item["geometry"]["type"] == "MultiPolygon" and len(item["geometry"]["coordinates"]) == 2
    assert item["bbox"] == [170, 10, -170, 20]


def test_a_footprint_in_parts_and_one_that_meets_itself_are_kept():
    far = [[[x + 50, y] for x, y in SQUARE["coordinates"][0]]]
    parts = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], far]}
    assert item_of(product_of(footprint=parts))["bbox"] == [-23, 63, 29, 65]
    bow_tie = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    mended = item_of(product_of(footprint={"type": "Polygon", "coordinates": [bow_tie]}))
    assert mended["geometry"]["type"] == "MultiPolygon"


def test_without_an_area_there_is_no_item():
    with pytest.raises(ValueError, match="no footprint"):
        item_of(product_of(footprint=None))
    flat = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}
    with pytest.raises(ValueError, match=r"covers no area|is invalid"):
        item_of(product_of(footprint=flat))


@pytest.mark.parametrize(
    ("name", "item_id"),
    [
        ("S1A_IW_GRDH_1SDV_20240204T1312_A.SAFE", "S1A_IW_GRDH_1SDV_20240204T1312_A"),
        ("S5P_OFFL_L2__NO2____20240204.nc", "S5P_OFFL_L2__NO2____20240204"),
        ("Copernicus_DSM_10 N63", "Copernicus_DSM_10-N63"),
    ],
)
def test_ids_are_such_as_the_geocatalog_takes(name, item_id):
    assert item_id_of(product_of(name=name, attributes={})) == item_id


def test_two_datastrips_of_a_tile_are_two_items_and_two_processings_are_one():
    def named(datastrip, name="S2B_MSIL2A_20240204T131201_N0510_R138_T27VVL_20240204T154527.SAFE"):
        attributes = {"productType": "S2MSI2A", "tileId": "27VVL", "datastripId": datastrip}
        return product_of(name=name, collection="SENTINEL-2", attributes=attributes)

    first = named("S2B_OPER_MSI_L2A_DS_2BPS_20240204T154527_S20240204T131201_N05.10")
    second = named("S2B_OPER_MSI_L2A_DS_2BPS_20240204T154530_S20240204T131459_N05.10")
    again = named("S2B_OPER_MSI_L2A_DS_2BPS_20250101T000000_S20240204T131201_N05.11")
    assert is_unpacked(first)
    assert item_id_of(first) == item_id_of(again) == "S2B_T27VVL_20240204T131201_L2A" != item_id_of(second)


def test_provenance_is_kept_and_the_same_file_makes_the_same_item():
    product = product_of()
    item = staged_item(product)
    assert item["properties"]["copernicus:product_name"] == product.name
    assert item["properties"]["copernicus:checksum"] == "d50110" + product.md5
    assert item["properties"]["copernicus:downloaded"] == "2024-02-04T13:12:01Z"
    assert (
        fingerprint_in(item)
        == product_fingerprint(product)
        == product_fingerprint(product.model_copy(update={"online": False}))
    )
    assert product_fingerprint(product_of(md5="0" * 32)) != product_fingerprint(product)
    assert {"rel": "via", "href": f"https://c/odata/Products({product.product_id})"}.items() <= item["links"][
        -1
    ].items()
    assert staged_item(product) == item


def test_staged_assets_have_url_size_and_checksum():
    asset = staged_item(product_of())["assets"]["product"]
    assert asset["href"] == URL and asset["type"] == "application/zip"
    assert asset["file:size"] == 1000 and asset["file:checksum"] == "d501100123456789abcdef0123456789abcdef"
