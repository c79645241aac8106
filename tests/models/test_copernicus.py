"""Requests for Copernicus products, and the products themselves."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from models.copernicus import Product
from models.copernicus_request import CopernicusQuery, DownloadCopernicusRequest

BBOX = [-22.46, 63.83, -22.39, 63.89]
UUID = "67360f3a-f36b-11ef-9d3f-0050561a7772"


def product(**members: Any) -> Product:
    now = datetime(2024, 2, 4, tzinfo=UTC)
    return Product(
        **{"product_id": UUID, "name": "A.SAFE", "collection": "SENTINEL-2", "start": now, "end": now} | members
    )


def refusal(**members: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        DownloadCopernicusRequest(**members)
    return str(refused.value)


def test_an_area_and_a_time_are_needed_unless_products_are_named():
    assert "give exactly one of bbox" in refusal(lookback_days=3)
    assert "say which time" in refusal(bbox=BBOX)
    assert "not both" in refusal(bbox=BBOX, lookback_days=3, datetime_range="2024-02-04/2024-02-05")
    assert CopernicusQuery(product_ids=[UUID]).when == "1 products by id"
    assert CopernicusQuery(bbox=BBOX, published_range="2024-02-04/..").when == "published 2024-02-04/.."


def test_a_misspelt_field_or_a_quoted_id_is_refused():
    assert "Extra inputs" in refusal(bbox=BBOX, lookback_days=3, colection="SENTINEL-2")
    assert "product_ids" in refusal(product_ids=[f"'{UUID}'"])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", ".bashrc", "a\\b", "", "a\0"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name):
    with pytest.raises(ValidationError):
        product(name=name)
