"""Products in numbers, and products of size: for tests of paging, caps, faults, resume and throughput."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from emulator.chance import unit_interval
from emulator.upstreams.copernicus.bodies import LargeBody
from emulator.upstreams.copernicus.products import Facts, Product
from emulator.upstreams.copernicus.zips import zip_bytes

FIRST_EXTRA = datetime(2022, 1, 1, tzinfo=UTC)
EXTRA_STEP = timedelta(minutes=31)
"""Between two extra products: some 46 a day."""
FIRST_LARGE = datetime(2021, 6, 1, 18, tzinfo=UTC)
_BYTES = (2_000, 20_000)
"""Least and most of an extra product's noise."""


def extra_products(count: int) -> Iterator[Product]:
    """Yield `count` light Sentinel-3 products (LFR) from 2022 on, spread over the Earth."""
    return (_extra(number) for number in range(count))


def large_products(count: int, size: int) -> Iterator[Product]:
    """Yield `count` Sentinel-1 products (SLC) of `size` bytes, one a day from 1 June 2021 on."""
    return (_large(number, size) for number in range(count))


def _extra(number: int) -> Product:
    start = FIRST_EXTRA + number * EXTRA_STEP
    end = start + timedelta(minutes=3)
    name = f"S3A_OL_2_LFR____{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_{number:06d}_0180_PS1_O_NT_002.SEN3"
    west, south = (round(unit_interval(axis, number) * span - span / 2, 3) for axis, span in (("x", 350), ("y", 150)))
    ring = [[west, south], [west + 3, south], [west + 3, south + 3], [west, south + 3], [west, south]]
    attributes = {
        "platformShortName": "SENTINEL-3",
        "platformSerialIdentifier": "A",
        "instrumentShortName": "OLCI",
        "productType": "OL_2_LFR___",
        "processingLevel": "2",
        "timeliness": "NT",
        "orbitNumber": 30_000 + number // 40,
        "relativeOrbitNumber": 1 + number % 385,
        "cloudCover": round(100 * unit_interval("cloud", number), 2),
    }
    geometry = {"type": "Polygon", "coordinates": [ring]}
    folder = f"/eodata/Sentinel-3/OLCI/OL_2_LFR___/{start:%Y/%m/%d}"
    facts = Facts(name, "SENTINEL-3", start, end, geometry, folder, attributes)
    return Product(facts, lambda: _LightBody(name, number))


@dataclass(frozen=True)
class _LightBody:
    """Made anew on each reading: a hundred thousand of them would fill the memory."""

    name: str
    number: int

    @property
    def size(self) -> int:
        return len(_light_zip(self.name, self.number))

    def read(self, first: int, length: int) -> bytes:
        return _light_zip(self.name, self.number)[first : first + length]


@lru_cache(maxsize=64)
def _light_zip(name: str, number: int) -> bytes:
    least, most = _BYTES
    noise = hashlib.shake_128(name.encode()).digest(least + round((most - least) * unit_interval("size", number)))
    manifest = (f"{name}/xfdumanifest.xml", b"<xfdu:XFDU xmlns:xfdu='urn:ccsds:schema:xfdu:1'/>\n")
    return zip_bytes([manifest, (f"{name}/data.bin", noise)])


def _large(number: int, size: int) -> Product:
    start = FIRST_LARGE + timedelta(days=number)
    end = start + timedelta(seconds=27)
    name = f"S1A_IW_SLC__1SDV_{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_{38_000 + number:06d}_047C0A_{number:04X}.SAFE"
    ring = [[-24.0, 62.0], [-18.0, 62.0], [-18.0, 65.0], [-24.0, 65.0], [-24.0, 62.0]]
    attributes = {
        "platformShortName": "SENTINEL-1",
        "platformSerialIdentifier": "A",
        "instrumentShortName": "SAR",
        "productType": "IW_SLC__1S",
        "operationalMode": "IW",
        "polarisationChannels": "VV&VH",
        "orbitDirection": "ASCENDING",
        "orbitNumber": 38_000 + number,
        "relativeOrbitNumber": 1 + number % 175,
    }
    geometry = {"type": "Polygon", "coordinates": [ring]}
    folder = f"/eodata/Sentinel-1/SAR/SLC/{start:%Y/%m/%d}"
    facts = Facts(name, "SENTINEL-1", start, end, geometry, folder, attributes)
    return Product(facts, lambda: LargeBody(f"{name}/measurement/iw1.tiff", size))
