"""A few products of Sentinel-1, -3 and -5P around the default scenes: zips with valid small members."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from emulator.content.noise import fractal_noise
from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.bodies import Body, MemoryBody
from emulator.upstreams.copernicus.netcdf import netcdf_bytes
from emulator.upstreams.copernicus.products import Facts, Product
from emulator.upstreams.copernicus.zips import zip_bytes

SIDE = 128
"""Pixels of a measurement's side."""
_ICELAND = [[-26.1, 62.2], [-12.4, 61.0], [-9.3, 66.4], [-25.2, 67.9], [-26.1, 62.2]]
_PACIFIC_WEST = [[176.0, -20.0], [180.0, -20.6], [180.0, -9.1], [178.1, -8.8], [176.0, -20.0]]
_PACIFIC_EAST = [[-180.0, -20.6], [-171.5, -21.8], [-169.9, -10.6], [-180.0, -9.1], [-180.0, -20.6]]


def other_products() -> Iterator[Product]:
    """Yield one product of Sentinel-1, four of Sentinel-3, one of Sentinel-5P, and an orbit file.

    One of Sentinel-3 crosses the antimeridian; the orbit file has no footprint.
    """
    yield _sentinel1("2024-02-05T18:43:12")
    yield _sentinel3("A", "OL_1_EFR___", "2024-02-05T12:04:17", "OLCI", 180, ("Oa08_radiance", "Oa17_radiance"))
    yield _sentinel3("B", "OL_1_EFR___", "2024-02-08T12:26:51", "OLCI", 180, ("Oa08_radiance", "Oa17_radiance"))
    yield _sentinel3("A", "SL_2_LST___", "2024-02-07T11:52:40", "SLSTR", 180, ("LST_in",))
    pacific = {"type": "MultiPolygon", "coordinates": [[_PACIFIC_WEST], [_PACIFIC_EAST]]}
    yield _sentinel3("B", "OL_1_EFR___", "2024-02-06T22:01:09", "OLCI", 180, ("Oa08_radiance",), pacific)
    yield _sentinel5p("2024-02-05T12:41:33")
    yield _orbit_file("2024-02-05T22:59:42")


def _sentinel1(moment: str) -> Product:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    end = start + timedelta(seconds=25)
    name = f"S1A_IW_GRDH_1SDV_{_compact(start)}_{_compact(end)}_052431_065748_3E1B.SAFE"
    stem = f"{name}/measurement/s1a-iw-grd"
    members = {"manifest.safe": b"<xfdu:XFDU xmlns:xfdu='urn:ccsds:schema:xfdu:1'/>\n"}
    attributes: dict[str, Any] = {
        **_identity("SENTINEL-1", "A", "SAR", "IW_GRDH_1S"),
        **_orbit(52431, 52),
        "orbitDirection": "DESCENDING",
        "operationalMode": "IW",
        "polarisationChannels": "VV&VH",
        "processingLevel": "LEVEL1",
        "swathIdentifier": "IW",
        "timeliness": "Fast-24h",
        "sliceNumber": 5,
        "processingDate": end + timedelta(hours=1, minutes=3),
    }
    rasters = {f"{stem}-{polarisation}.tiff": polarisation for polarisation in ("vv", "vh")}
    facts = Facts(
        name, "SENTINEL-1", start, end, _polygon(), f"/eodata/Sentinel-1/SAR/GRD/{start:%Y/%m/%d}", attributes
    )
    return Product(facts, partial(_grd_body, name, members, rasters))


def _sentinel3(
    unit: str,
    kind: str,
    moment: str,
    instrument: str,
    seconds: int,
    variables: tuple[str, ...],
    geometry: JsonDict | None = None,
) -> Product:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    end, made = start + timedelta(seconds=seconds), start + timedelta(hours=26)
    name = f"S3{unit}_{kind}_{_compact(start)}_{_compact(end)}_{_compact(made)}_0179_109_023_1800_PS1_O_NT_003.SEN3"
    attributes = {
        **_identity("SENTINEL-3", unit, instrument, kind),
        **_orbit(41480, 23),
        "orbitDirection": "DESCENDING",
        "cycleNumber": 109,
        "processingLevel": kind[3],
        "timeliness": "NT",
        "processingDate": made,
    }
    if instrument == "OLCI":
        attributes["cloudCover"] = 48.0
    folder = f"/eodata/Sentinel-3/{instrument}/{kind}/{start:%Y/%m/%d}"
    facts = Facts(name, "SENTINEL-3", start, end, geometry or _polygon(), folder, attributes, timedelta(hours=27))
    members = {"xfdumanifest.xml": b"<xfdu:XFDU xmlns:xfdu='urn:ccsds:schema:xfdu:1'/>\n"}
    return Product(facts, partial(_netcdf_body, name, members, variables))


def _sentinel5p(moment: str) -> Product:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    end = start + timedelta(minutes=101)
    name = f"S5P_OFFL_L2__NO2____{_compact(start)}_{_compact(end)}_32725_03_020600_{_compact(end)}.nc"
    attributes = {
        **_identity("SENTINEL-5P", "", "TROPOMI", "L2__NO2___"),
        "orbitNumber": 32725,
        "processingLevel": "L2",
        "processingMode": "OFFL",
        "processorVersion": "2.6.0",
        "processingDate": end,
    }
    facts = Facts(
        name, "SENTINEL-5P", start, end, _polygon(), f"/eodata/Sentinel-5P/TROPOMI/{start:%Y/%m/%d}", attributes
    )
    return Product(facts, partial(_netcdf_body, name, {}, ("nitrogendioxide_tropospheric_column",)))


def _orbit_file(moment: str) -> Product:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    end, made = start + timedelta(hours=26), start + timedelta(days=20)
    name = f"S1A_OPER_AUX_POEORB_OPOD_{_compact(made)}_V{_compact(start)}_{_compact(end)}.EOF"
    attributes = _identity("SENTINEL-1", "A", "SAR", "AUX_POEORB")
    facts = Facts(name, "SENTINEL-1", start, end, None, "/eodata/Sentinel-1/AUX/AUX_POEORB", attributes)
    return Product(facts, lambda: MemoryBody(zip_bytes([(name, b"<Earth_Explorer_File/>\n")])))


def _grd_body(name: str, members: dict[str, bytes], rasters: dict[str, str]) -> Body:
    files = {path: _geotiff(seed) for seed, path in enumerate(rasters, start=1)}
    return MemoryBody(zip_bytes([*((f"{name}/{path}", data) for path, data in members.items()), *files.items()]))


def _netcdf_body(name: str, members: dict[str, bytes], variables: tuple[str, ...]) -> Body:
    files = {**members}
    for seed, variable in enumerate(variables, start=1):
        files[f"{variable}.nc"] = netcdf_bytes(variable, 100 * fractal_noise(SIDE, 6, 4, seed))
    return MemoryBody(zip_bytes((f"{name}/{path}", data) for path, data in files.items()))


def _geotiff(seed: int) -> bytes:
    from rasterio.control import GroundControlPoint  # late: 0.3 s of start-up that most runs never need
    from rasterio.io import MemoryFile

    places = zip(((SIDE, 0), (SIDE, SIDE), (0, SIDE), (0, 0)), _ICELAND, strict=False)
    corners = [GroundControlPoint(row, column, x, y) for (row, column), (x, y) in places]
    profile = {"dtype": "uint16", "count": 1, "width": SIDE, "height": SIDE, "crs": "EPSG:4326", "gcps": corners}
    pixels = (4000 * fractal_noise(SIDE, 8, 4, seed)).astype(np.uint16)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", compress="DEFLATE", **profile) as raster:
            raster.write(pixels, 1)
        return bytes(memory.read())


def _identity(platform: str, unit: str, instrument: str, kind: str) -> dict[str, Any]:
    named = {"platformShortName": platform, "instrumentShortName": instrument, "productType": kind}
    return named | ({"platformSerialIdentifier": unit} if unit else {})


def _orbit(number: int, relative: int) -> dict[str, Any]:
    return {"orbitNumber": number, "relativeOrbitNumber": relative}


def _polygon() -> JsonDict:
    return {"type": "Polygon", "coordinates": [_ICELAND]}


def _compact(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")
