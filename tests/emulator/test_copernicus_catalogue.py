"""The OData catalogue of the Copernicus Data Space: filters, paging, caps."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.emulator.copernicus import DataSpace

S2, S3 = "Collection/Name eq 'SENTINEL-2'", "Collection/Name eq 'SENTINEL-3'"
BY_START = "ContentDate/Start asc"
UNIT_A = "eq 'A'"


def attribute(kind: str, name: str, comparison: str) -> str:
    typed = f"OData.CSC.{kind}Attribute"
    return f"Attributes/{typed}/any(att:att/Name eq '{name}' and att/{typed}/Value {comparison})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (S2, 18),
        (f"{S2} and ContentDate/Start ge 2024-02-01T00:00:00.000Z and ContentDate/Start lt 2024-02-12T00:00:00Z", 6),
        (f"{S2} and ContentDate/Start gt 2024-02-05 and not ContentDate/End ge 2024-02-06", 1),
        (f"{S2} and PublicationDate ge 2024-02-11T00:00:00.000Z", 1),
        ("Name eq 'S2B_MSIL2A_20240205T131149_N0510_R138_T27VVL_20240205T154527.SAFE'", 1),
        ("startswith(Name,'S2B') and contains(Name,'_202402') and endswith(Name,'.SAFE')", 3),
        ("Collection/Name in ('SENTINEL-1', 'SENTINEL-5P')", 3),
        (f"{S2} and {attribute('Double', 'cloudCover', 'lt 10.00')}", 5),
        (f"{S2} and {attribute('Double', 'cloudCover', 'lt 10')}", 5),
        (attribute("String", "cloudCover", "eq '10'"), 0),  # of another type
        (f"{S2} and {attribute('Integer', 'relativeOrbitNumber', 'eq 95')}", 1),
        (f"{S3} and {attribute('String', 'platformSerialIdentifier', UNIT_A)}", 2),
        (attribute("DateTimeOffset", "beginningDateTime", "ge 2024-02-11T00:00:00.000Z"), 1),
        (
            "(Collection/Name eq 'SENTINEL-2' or Collection/Name eq 'SENTINEL-5P') and ContentDate/Start ge 2024-02-11",
            1,
        ),
        (f"{S2} and OData.CSC.Intersects(area=geography'SRID=4326;POINT(-22.42 63.86)')", 18),
        (f"{S2} and OData.CSC.Intersects(area=geography'SRID=4326;POLYGON((0 0,1 0,1 1,0 1,0 0))')", 0),
        ("OData.CSC.Intersects(area=geography'SRID=4326;POINT(-175 -15)')", 1),  # beyond the antimeridian
        ("OData.CSC.Intersects(area=geography'SRID=4326;POINT(178 -15)')", 1),
        ("Online eq true and Collection/Name eq 'SENTINEL-5P'", 1),
    ],
)
def test_filters(data_space: DataSpace, text: str, expected: int) -> None:
    page = data_space.search(text, top="100", count="true")
    assert (page["@odata.count"], len(page["value"])) == (expected, expected)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"filter": "Collection eq 'SENTINEL-2'"}, "Invalid field: Collection"),
        ({"filter": "Name eq"}, "a value is missing"),
        ({"filter": "Name is 'x'"}, "Invalid operator: is"),
        ({"filter": "Name eq 'x"}, "is not understood"),
        ({"filter": "Name eq 'x' and"}, "word expected"),
        ({"filter": "(Name eq 'x'"}, ") expected"),
        ({"filter": "Name eq 'x' Name"}, "unexpected 'Name'"),
        ({"filter": "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON((0 0,1 1,1 0,0 1,0 0))')"}, "Self-inter"),
        ({"filter": "OData.CSC.Intersects(area=geography'POINT(0 0)')"}, "SRID=4326"),
        ({"filter": attribute("Double", "cloudCover", "like 3")}, "Invalid operator: like"),
        ({"orderby": "Name"}, "Invalid orderby"),
        ({"expand": "Nodes"}, "Invalid expand"),
        ({"top": "many"}, "Invalid value of $top"),
        ({"search": "x"}, "Invalid query option"),
    ],
)
def test_what_is_not_understood_is_refused(data_space: DataSpace, options: dict[str, str], told: str) -> None:
    response = data_space.get("Products", **options)
    assert response.status_code == 400
    assert told in response.json()["detail"]["message"]


def test_a_record_has_the_real_shape(data_space: DataSpace) -> None:
    names = (
        "@odata.mediaContentType Id Name ContentType ContentLength OriginDate PublicationDate ModificationDate Online"
    )
    names += " EvictionDate S3Path Checksum ContentDate Footprint GeoFootprint"
    page = data_space.search(S2, orderby=BY_START, top="1")
    assert list(page) == ["@odata.context", "value", "@odata.nextLink"]
    assert list(page["value"][0]) == names.split()
    expanded = requests.get(
        f"{data_space.catalogue}/Products?$expand=Attributes&$expand=Assets&$top=1", timeout=30
    ).json()
    assert expanded["@odata.context"] == "$metadata#Products(Attributes(),Assets())"
    assert list(expanded["value"][0]) == [*names.split(), "Attributes", "Assets"]
    assert expanded["value"][0]["Attributes"][0] == {
        "@odata.type": "#OData.CSC.StringAttribute",
        "Name": "origin",
        "Value": "ESA",
        "ValueType": "String",
    }
    assert data_space.product("AUX_POEORB")["GeoFootprint"] is None


def test_records_have_the_members_of_real_ones(data_space: DataSpace, real_data: Any) -> None:
    import json

    real = json.loads((real_data / "cdse" / "odata-products-sentinel-2.json").read_text())["value"][0]
    ours = data_space.search(f"{S2}", top="1", expand="Attributes,Assets")["value"][0]
    assert list(ours) == list(real)
    types = {entry["Name"]: entry["ValueType"] for entry in ours["Attributes"]}
    of_real = {entry["Name"]: entry["ValueType"] for entry in real["Attributes"]}
    assert of_real.items() <= types.items()


def test_single_products_names_and_attributes(data_space: DataSpace) -> None:
    product = data_space.product("S1A_IW_GRDH")
    single = data_space.get(f"Products({product['Id']})", expand="Attributes").json()
    assert {name: value for name, value in single.items() if name in product} == product
    body = {"FilterProducts": [{"Name": product["Name"]}, {"Name": "no such product"}]}
    found = requests.post(f"{data_space.catalogue}/Products/OData.CSC.FilterList", json=body, timeout=60)
    assert [entry["Name"] for entry in found.json()["value"]] == [product["Name"]]
    listed = {entry["Name"]: entry["ValueType"] for entry in data_space.get("Attributes(SENTINEL-2)").json()}
    assert listed["cloudCover"] == "Double"
    assert data_space.get("Products(00000000-0000-0000-0000-000000000000)").status_code == 404
    assert data_space.get("DeletedProducts").json()["value"] == []


def pages(data_space: DataSpace, **options: Any) -> list[list[str]]:
    found, page = [], data_space.search(**options)
    while True:
        found.append([product["Name"] for product in page["value"]])
        if "@odata.nextLink" not in page:
            return found
        page = requests.get(page["@odata.nextLink"], timeout=60).json()


def test_next_links_lead_through_all_pages_in_order(data_space: DataSpace) -> None:
    found = pages(data_space, filter_text=S2, top="5", orderby=BY_START, count="true")
    assert [len(page) for page in found] == [5, 5, 5, 3]
    names = [name for page in found for name in page]
    assert len(set(names)) == 18
    assert names == sorted(names, key=lambda name: name[11:26])
    link = data_space.search(S2, top="5", orderby=BY_START, count="true")["@odata.nextLink"]
    assert "%24skip=5" in link
    assert parse_qs(urlsplit(link).query)["$filter"] == [S2]
    assert data_space.names(S2, top="1", orderby="ContentDate/Start desc") == [names[-1]]


def test_without_an_order_products_come_twice(data_space: DataSpace) -> None:
    names = [name for page in pages(data_space, filter_text=S2, top="5") for name in page]
    assert len(set(names)) < len(names)


def test_repeated_pages_lose_nothing(data_space: DataSpace) -> None:
    data_space.configure(catalogue={"repeat_page": True})
    names = [name for page in pages(data_space, filter_text=S2, top="5", orderby=BY_START) for name in page]
    assert (len(names), len(set(names))) == (21, 18)


def test_default_and_largest_page(data_space: DataSpace) -> None:
    data_space.configure(catalogue={"extra_products": 1200})
    assert len(data_space.names(S3)) == 20
    assert len(data_space.names(S3, top="1000")) == 1000
    assert data_space.get("Products", top="1001").status_code == 422
    assert data_space.get("Products", top="1", skip="10000").ok
    refused = data_space.get("Products", skip="10001")
    assert refused.status_code == 422
    assert refused.json()["detail"][0] == {
        "type": "less_than_equal",
        "loc": ["query", "$skip"],
        "msg": "Input should be less than or equal to 10000",
        "input": "10001",
        "ctx": {"le": 10000},
    }


def test_beyond_the_largest_skip_there_is_silently_no_next_link(data_space: DataSpace) -> None:
    data_space.configure(catalogue={"extra_products": 1200, "max_skip": 500})
    found = pages(data_space, filter_text=S3, top="250", orderby=BY_START)
    assert [len(page) for page in found] == [250, 250, 250]
    assert data_space.search(S3, top="1", count="true")["@odata.count"] == 1204


def test_deleted_products_are_listed_apart(data_space: DataSpace) -> None:
    product = data_space.product("S5P")
    data_space.mishap("deleted", "S5P*")
    assert data_space.names("contains(Name,'S5P')") == []
    assert data_space.get(f"Products({product['Id']})").status_code == 404
    assert data_space.download(product).status_code == 404
    since = "DeletionDate ge 2024-03-01T00:00:00.000Z"
    deleted = data_space.get("DeletedProducts", filter=since).json()["value"]
    assert [(entry["Id"], entry["DeletionCause"]) for entry in deleted] == [(product["Id"], "Obsolete product")]
    assert data_space.get("DeletedProducts", filter="DeletionDate ge 2025-01-01").json()["value"] == []


def test_the_record_may_lie_or_be_silent(data_space: DataSpace) -> None:
    truth = data_space.product("S1A_IW_GRDH")
    for kind in ("offline", "wrong-checksum"):
        data_space.mishap(kind, "S1A_IW_GRDH*")
    data_space.mishap("unknown-checksum", "S5P*")
    told = data_space.product("S1A_IW_GRDH")
    assert told["Online"] is False
    assert [entry["Value"] for entry in told["Checksum"]] == [entry["Value"][::-1] for entry in truth["Checksum"]]
    silent = data_space.product("S5P")
    assert (silent["ContentLength"], silent["Checksum"]) == (0, [])
