"""Products as STAC Items, as the Copernicus Data Space's own STAC API describes them: with the zip as one asset."""

from pathlib import PurePosixPath

from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.products import Product, wire_time

_MD5_MULTIHASH = "d50110"
"""Code of MD5 and its length, before the digest."""
PRODUCT_ID = "_product_id"
"""Property by which a stored Item finds its product; it is not served."""
_EXTENSIONS = ["https://stac-extensions.github.io/eo/v1.1.0/schema.json"]
_EXTENSIONS += ["https://stac-extensions.github.io/sat/v1.0.0/schema.json"]
_EXTENSIONS += ["https://stac-extensions.github.io/file/v2.1.0/schema.json"]
_KINDS = {
    "S2MSI2A": "sentinel-2-l2a",
    "IW_GRDH_1S": "sentinel-1-grd",
    "IW_SLC__1S": "sentinel-1-slc",
    "OL_1_EFR___": "sentinel-3-olci-1-efr-ntc",
    "OL_2_LFR___": "sentinel-3-olci-2-lfr-ntc",
    "SL_2_LST___": "sentinel-3-sl-2-lst-ntc",
    "L2__NO2___": "sentinel-5p-l2-no2-offl",
}


def collection_of(product: Product) -> str | None:
    """Return the Collection; None: STAC does not know such products."""
    return _KINDS.get(product.attributes["productType"]) if product.facts.geometry else None


def item_of(product: Product) -> JsonDict:
    """Return the Item without its asset; it needs no bytes. The product must have a Collection."""
    facts, shape = product.facts, product.shape
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": _EXTENSIONS,
        "id": PurePosixPath(facts.name).stem,
        "collection": collection_of(product),
        "geometry": facts.geometry,
        "bbox": list(shape.bounds) if shape else None,
        "properties": _properties(product),
        "links": [],
        "assets": {},
    }


def zip_asset(product: Product, record: JsonDict, download_root: str) -> JsonDict:
    """Return the asset `Product`; size and checksum are what the catalogue says."""
    asset = {
        "href": f"{download_root}/Products({product.id})/$value",
        "title": "Zipped product",
        "type": "application/zip",
        "roles": ["data", "metadata", "archive"],
        "auth:refs": ["oidc"],
    }
    for entry in record["Checksum"]:
        if entry["Algorithm"] == "MD5":
            asset |= {"file:size": record["ContentLength"], "file:checksum": _MD5_MULTIHASH + entry["Value"]}
    return asset


def _properties(product: Product) -> JsonDict:
    facts, attributes = product.facts, product.attributes
    properties: JsonDict = {
        "datetime": wire_time(facts.start),
        "start_datetime": wire_time(facts.start),
        "end_datetime": wire_time(facts.end),
        "created": wire_time(facts.published),
        "updated": wire_time(product.fields["ModificationDate"]),
        "published": wire_time(facts.published),
        "constellation": facts.collection.lower(),
        "platform": facts.collection.lower() + attributes.get("platformSerialIdentifier", "").lower(),
        "instruments": [attributes["instrumentShortName"].lower()],
        "product:type": attributes["productType"],
        PRODUCT_ID: product.id,
    }
    named = {
        "eo:cloud_cover": "cloudCover",
        "sat:absolute_orbit": "orbitNumber",
        "sat:relative_orbit": "relativeOrbitNumber",
    }
    return properties | {name: attributes[source] for name, source in named.items() if source in attributes}
