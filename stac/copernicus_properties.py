"""STAC properties of a Copernicus product, from the attributes of its catalogue record.

Field names and their schemas: the STAC extensions named in `EXTENSIONS`; attribute names: the catalogue's own.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from models.area import JsonDict

_SCHEMAS = "https://stac-extensions.github.io"
EXTENSIONS = {
    "eo": f"{_SCHEMAS}/eo/v1.1.0/schema.json",
    "sat": f"{_SCHEMAS}/sat/v1.0.0/schema.json",
    "sar": f"{_SCHEMAS}/sar/v1.0.0/schema.json",
    "product": f"{_SCHEMAS}/product/v1.0.0/schema.json",
    "processing": f"{_SCHEMAS}/processing/v1.1.0/schema.json",
    "file": f"{_SCHEMAS}/file/v2.1.0/schema.json",
}
"""Prefix of the fields, and the schema that defines them."""

_TIMELINESS = {
    "NR": "PT3H",  # Sentinel-3: near real time
    "ST": "PT48H",  # short time critical
    "NT": "P1M",  # non time critical
    "NRT-10m": "PT10M",  # Sentinel-1
    "NRT-1h": "PT1H",
    "NRT-3h": "PT3H",
    "Fast-24h": "PT24H",
}
"""Within what time after sensing a product of this category is there (ISO 8601 duration)."""
_LEVEL = re.compile(r"(?:LEVEL|S2MSI|L)?(\d[A-C]?)_*", re.IGNORECASE)
_SAR_PRODUCT = re.compile(r"_(RAW|SLC|GRD|OCN)")
_ORBIT_STATES = ("ascending", "descending")

Attributes = Mapping[str, Any]


def properties_of(attributes: Attributes) -> JsonDict:
    """Return the properties that the attributes say; what is missing or has no fitting field is left out."""
    parts: tuple[Callable[[Attributes], JsonDict], ...] = (_common, _eo, _sat, _sar, _product, _processing)
    return {name: value for part in parts for name, value in part(attributes).items() if value is not None}


def extensions_of(names: Mapping[str, Any]) -> list[str]:
    """Return the schemas of the extensions whose fields are among the names."""
    prefixes = {name.partition(":")[0] for name in names if ":" in name}
    return [schema for prefix, schema in EXTENSIONS.items() if prefix in prefixes]


def platform_of(attributes: Attributes) -> str | None:
    """Return the satellite, such as sentinel-2a; the constellation where a product is of no single one."""
    name = str(attributes.get("platformShortName") or "").lower()
    serial = str(attributes.get("platformSerialIdentifier") or "").strip("_").lower()
    return f"{name}{serial}" or None


def _common(attributes: Attributes) -> JsonDict:
    instrument = str(attributes.get("instrumentShortName") or "").lower()
    return {
        "platform": platform_of(attributes),
        "constellation": str(attributes.get("platformShortName") or "").lower() or None,
        "instruments": [instrument] if instrument else None,
    }


def _eo(attributes: Attributes) -> JsonDict:
    cover = attributes.get("cloudCover")
    known = isinstance(cover, int | float) and 0 <= cover <= 100  # -1 stands for unknown in some records
    return {"eo:cloud_cover": cover if known else None}


def _sat(attributes: Attributes) -> JsonDict:
    state = str(attributes.get("orbitDirection") or "").lower()
    return {
        "sat:orbit_state": state if state in _ORBIT_STATES else None,
        "sat:relative_orbit": _whole(attributes.get("relativeOrbitNumber")),
        "sat:absolute_orbit": _whole(attributes.get("orbitNumber")),
    }


def _sar(attributes: Attributes) -> JsonDict:
    """Return the four fields that the extension requires, or none."""
    mode = attributes.get("operationalMode")
    channels = [part for part in re.split(r"[^A-Z]+", str(attributes.get("polarisationChannels") or "")) if part]
    kind = _SAR_PRODUCT.search(str(attributes.get("productType") or ""))
    if attributes.get("platformShortName") != "SENTINEL-1" or not (mode and channels and kind):
        return {}
    return {
        "sar:instrument_mode": str(mode),
        "sar:frequency_band": "C",  # the only one of Sentinel-1: 5.405 GHz
        "sar:center_frequency": 5.405,
        "sar:polarizations": channels,
        "sar:product_type": kind[1],
    }


def _product(attributes: Attributes) -> JsonDict:
    category = str(attributes.get("timeliness") or "")
    known = category in _TIMELINESS  # the category may only be given with the time
    return {
        "product:type": attributes.get("productType"),
        "product:timeliness": _TIMELINESS.get(category),
        "product:timeliness_category": category if known else None,
    }


def _processing(attributes: Attributes) -> JsonDict:
    level = str(attributes.get("processingLevel") or "")
    match = _LEVEL.fullmatch(level)
    name, version = attributes.get("processorName"), attributes.get("processorVersion")
    return {
        "processing:level": f"L{match[1].upper()}" if match else level or None,
        "processing:facility": attributes.get("processingCenter"),
        "processing:software": {str(name or "processor"): str(version)} if version else None,
    }


def _whole(number: Any) -> int | None:
    return int(number) if isinstance(number, int | float) else None
