"""Products of the local Copernicus Data Space, as files that were downloaded."""

from datetime import UTC, datetime
from pathlib import Path

import requests

from clients.copernicus.manifest import write_manifest
from clients.copernicus.product_record import product_of
from models.copernicus import DownloadedProduct, Product
from tests.emulator.copernicus import DataSpace

WHEN = datetime(2024, 3, 1, tzinfo=UTC)


def made_up_product(number: int, name: str, size: int | None = None) -> Product:
    """Return a product that no Data Space has."""
    product_id = f"00000000-0000-0000-0000-{number:012}"
    return Product(product_id=product_id, name=name, collection="SENTINEL-2", size=size, start=WHEN, end=WHEN)


def find_product(space: DataSpace, name_part: str, collection: str) -> Product:
    """Return a product as our client reads its record."""
    answer = space.search(f"contains(Name,'{name_part}')", orderby="ContentDate/Start", expand="Attributes")
    return product_of(answer["value"][0], collection)


def downloaded(space: DataSpace, product: Product, folder: Path) -> DownloadedProduct:
    """Fetch a product's file by the plainest of means."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / product.file_name
    answer = requests.get(
        f"{space.downloads}/Products({product.product_id})/$value", headers=space.header(), timeout=60
    )
    assert answer.status_code == 200, answer.text
    target.write_bytes(answer.content)
    return write_manifest(
        product, target, checksum=f"md5:{product.md5}", verified_by="md5", fetched=len(answer.content)
    )
