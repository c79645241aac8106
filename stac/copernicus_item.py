"""STAC Items of Copernicus products, from their records in the catalogue."""

import json
import mimetypes
import re
from datetime import UTC, datetime
from hashlib import blake2b

from models.area import JsonDict
from models.copernicus import Product
from stac.checksum import multihash
from stac.copernicus_geometry import geometry_of
from stac.copernicus_properties import extensions_of, platform_of, properties_of

FILE_ASSET = "product"
"""Key of the asset of a product that is staged as one file."""
UNPACKED_TYPES = ("S2MSI1C", "S2MSI2A")
"""Product types whose bands become assets of their own; every other product is one asset, mostly a zip."""
LICENCE = {
    "rel": "license",
    "href": "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice",
    "type": "application/pdf",
    "title": "Legal notice on the use of Copernicus Sentinel Data and Service Information",
}
_ENDING = re.compile(r"\.(SAFE|SEN3|SEN6|EOF|nc|zip|tar|tgz|tiff?)$", re.IGNORECASE)
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9\-_+,().]+")
_BEGIN_OF_DATASTRIP = re.compile(r"_S(\d{8}T\d{6})_")


def is_unpacked(product: Product) -> bool:
    """Tell whether the bands of a product become assets of their own."""
    return product.attributes.get("productType") in UNPACKED_TYPES


def item_id_of(product: Product) -> str:
    """Return the id of a product's Item, known before the product is here.

    Of Sentinel-2, it is the id that stactools-sentinel2 makes of the unpacked product, such as
    `S2A_T27VVL_20240204T131201_L2A`: it does not name the processing, so that a product that was processed again takes
    the place of the older one. Of other products, it is the name without its ending.
    """
    attributes = product.attributes
    begin = _BEGIN_OF_DATASTRIP.search(str(attributes.get("datastripId") or ""))
    tile = str(attributes.get("tileId") or "")
    if is_unpacked(product) and begin and tile:
        level = str(attributes["productType"])[-2:]
        return f"{product.name.partition('_')[0]}_T{tile}_{begin[1]}_L{level}"
    return _NOT_IN_AN_ID.sub("-", _ENDING.sub("", product.name))


def product_fingerprint(product: Product) -> str:
    """Return a short text that changes when the product does: what its file is, not when it was downloaded."""
    file = product.md5 or product.blake3 or (product.modified.isoformat() if product.modified else "")
    said = [product.product_id.lower(), product.name, file.lower()]
    return blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()


def item_of(product: Product) -> JsonDict:
    """Return the Item that the record alone describes, without assets.

    Raises:
        ValueError: the product has no footprint that a GeoCatalog could show.
    """
    if product.footprint is None:
        raise ValueError("it has no footprint")
    geometry, bbox = geometry_of(product.footprint)
    properties = {**_times(product), **properties_of(product.attributes)}
    properties.setdefault("platform", platform_of({"platformShortName": product.collection}))
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions_of(properties),
        "id": item_id_of(product),
        "geometry": geometry,
        "bbox": bbox,
        "properties": properties,
        "links": [LICENCE],
        "assets": {},
    }


def file_asset(product: Product) -> JsonDict:
    """Return the asset of a product that is staged as one file; its href is the file's name."""
    media_type = mimetypes.guess_type(product.file_name)[0] or "application/octet-stream"
    return {"href": product.file_name, "type": media_type, "title": product.name, "roles": ["data"]}


def with_provenance(item: JsonDict, product: Product, downloaded: datetime, catalogue_url: str) -> JsonDict:
    """Return the Item with where it comes from: product, checksum, download, and a link to the catalogue's record.

    When the Item was made is when the product was downloaded, so that the same file makes the same Item.

    Args:
        downloaded: UTC.
        catalogue_url: of the OData catalogue, without a trailing slash.
    """
    said = {
        "created": to_rfc3339(downloaded),
        "copernicus:product_id": product.product_id,
        "copernicus:product_name": product.name,
        "copernicus:collection": product.collection,
        "copernicus:fingerprint": product_fingerprint(product),
        "copernicus:checksum": _checksum(product),
        "copernicus:downloaded": to_rfc3339(downloaded),
    }
    properties = {**item["properties"], **{name: value for name, value in said.items() if value is not None}}
    record = f"{catalogue_url}/Products({product.product_id})"
    via = {"rel": "via", "href": record, "type": "application/json", "title": "Record in the Copernicus catalogue"}
    return {**item, "properties": properties, "links": [*item["links"], via]}


def fingerprint_in(item: JsonDict) -> str | None:
    """Return the fingerprint of the product that an Item was made of; None if it does not say."""
    said = item["properties"].get("copernicus:fingerprint")
    return str(said) if said else None


def to_rfc3339(instant: datetime) -> str:
    """Return the text of a time, UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _times(product: Product) -> JsonDict:
    times: JsonDict = {"datetime": to_rfc3339(product.start)}
    if product.end > product.start:
        times |= {"start_datetime": to_rfc3339(product.start), "end_datetime": to_rfc3339(product.end)}
    if product.modified:
        times["updated"] = to_rfc3339(product.modified)
    return times


def _checksum(product: Product) -> str | None:
    if product.md5:
        return multihash("MD5", product.md5)
    return multihash("BLAKE3", product.blake3) if product.blake3 else None
