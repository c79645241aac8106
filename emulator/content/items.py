"""STAC Items of the generated scenes, as the Planetary Computer describes its own."""

from datetime import datetime
from math import cos, pi
from urllib.parse import urlencode

from emulator.content import paths
from emulator.content.assets import METADATA, metadata_definition, preview_definition, rasters
from emulator.content.grid import EPSG, GRIDS, MGRS_TILE, footprint, footprint_bbox
from emulator.content.pixels import (
    BARE,
    CIRRUS,
    CLOUD_HIGH,
    CLOUD_MEDIUM,
    DARK,
    SHADOW,
    SNOW,
    UNCLASSIFIED,
    VEGETATION,
    WATER,
)
from emulator.content.scenes import Scene, compact
from emulator.json_types import JsonDict

COLLECTION_ID = "sentinel-2-l2a"
API = "https://planetarycomputer.microsoft.com/api"

_PERCENTAGES = {
    "s2:dark_features_percentage": DARK,
    "s2:cloud_shadow_percentage": SHADOW,
    "s2:vegetation_percentage": VEGETATION,
    "s2:not_vegetated_percentage": BARE,
    "s2:water_percentage": WATER,
    "s2:unclassified_percentage": UNCLASSIFIED,
    "s2:medium_proba_clouds_percentage": CLOUD_MEDIUM,
    "s2:high_proba_clouds_percentage": CLOUD_HIGH,
    "s2:thin_cirrus_percentage": CIRRUS,
    "s2:snow_ice_percentage": SNOW,
}


def item_of(scene: Scene, class_percentages: dict[int, float]) -> JsonDict:
    """Describe a scene as a STAC 1.0 Item with hrefs on Azure's and Microsoft's own hosts.

    Args:
        scene: the acquisition.
        class_percentages: share of each scene classification code, percent.
    """
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
            "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.0.0/schema.json",
        ],
        "id": scene.item_id,
        "links": _links(scene),
        "assets": _assets(scene),
        "collection": COLLECTION_ID,
        "bbox": footprint_bbox(),
        "geometry": {"type": "Polygon", "coordinates": [footprint()]},
        "properties": _properties(scene, class_percentages),
    }


def _properties(scene: Scene, shares: dict[int, float]) -> JsonDict:
    zenith, azimuth = scene.sun()
    clouds = shares[CLOUD_MEDIUM] + shares[CLOUD_HIGH] + shares[CIRRUS]
    return {
        "datetime": _iso(scene.sensed, "milliseconds"),
        "platform": f"Sentinel-{scene.platform[1:]}",
        "constellation": "Sentinel 2",
        "instruments": ["msi"],
        "proj:epsg": EPSG,
        "eo:cloud_cover": round(clouds, 6),
        "sat:orbit_state": "descending",
        "sat:relative_orbit": scene.orbit,
        "s2:mgrs_tile": MGRS_TILE,
        "s2:mean_solar_zenith": round(zenith, 6),
        "s2:mean_solar_azimuth": round(azimuth, 6),
        "s2:nodata_pixel_percentage": 0.0,
        "s2:saturated_defective_pixel_percentage": 0.0,
        "s2:degraded_msi_data_percentage": 0.0,
        **{name: shares[code] for name, code in _PERCENTAGES.items()},
        **_product_properties(scene),
    }


def _product_properties(scene: Scene) -> JsonDict:
    made, orbit = compact(scene.generated), f"A{scene.absolute_orbit:06d}"
    platform, sensed = scene.platform, compact(scene.sensed)
    return {
        "s2:product_type": "S2MSI2A",
        "s2:datatake_type": "INS-NOBS",
        "s2:processing_baseline": "05.10",
        "s2:generation_time": _iso(scene.generated, "microseconds"),
        "s2:product_uri": scene.product_name,
        "s2:granule_id": f"{platform}_OPER_MSI_L2A_TL_MSFT_{made}_{orbit}_T{MGRS_TILE}_N05.10",
        "s2:datastrip_id": f"{platform}_OPER_MSI_L2A_DS_MSFT_{made}_S{sensed}_N05.10",
        "s2:datatake_id": f"G{platform}_{compact(scene.start)}_{orbit[1:]}_N05.10",
        "s2:reflectance_conversion_factor": _sun_distance_factor(scene.start),
    }


def _assets(scene: Scene) -> JsonDict:
    hrefs = {
        key: paths.blob_url(paths.ACCOUNT, paths.CONTAINER, path) for key, path in paths.asset_paths(scene).items()
    }
    assets: JsonDict = {}
    for raster in rasters():
        assets[raster.key] = {"href": hrefs[raster.key], **raster.definition, **_projection(raster.gsd)}
    assets["preview"] = {"href": hrefs["preview"], **preview_definition()}
    for key, title in METADATA:
        assets[key] = {"href": hrefs[key], **metadata_definition(title)}
    return assets | _dynamic_assets(scene)


def _projection(gsd: int) -> JsonDict:
    grid = GRIDS[gsd]
    return {
        "proj:bbox": list(grid.bounds),
        "proj:shape": [grid.size, grid.size],
        "proj:transform": [float(number) for number in grid.transform[:6]],
    }


def _dynamic_assets(scene: Scene) -> JsonDict:
    query = [("collection", COLLECTION_ID), ("item", scene.item_id), ("assets", "visual")]
    query += [("asset_bidx", "visual|1,2,3"), ("nodata", "0"), ("format", "png")]
    parameters = urlencode(query)
    return {
        "tilejson": {
            "href": f"{API}/data/v1/item/tilejson.json?{parameters}",
            "title": "TileJSON with default rendering",
            "type": "application/json",
            "roles": ["tiles"],
        },
        "rendered_preview": {
            "href": f"{API}/data/v1/item/preview.png?{parameters}",
            "title": "Rendered preview",
            "type": "image/png",
            "roles": ["overview"],
            "rel": "preview",
        },
    }


def _links(scene: Scene) -> list[JsonDict]:
    """The links that are stored; the API adds self, collection, parent and root."""
    item_map = f"{API}/data/v1/item/map?collection={COLLECTION_ID}&item={scene.item_id}"
    return [
        {"rel": "license", "href": "https://sentinels.copernicus.eu/documents/d/sentinel/legal-notice"},
        {"rel": "preview", "href": item_map, "type": "text/html", "title": "Map of item"},
    ]


def _iso(moment: datetime, precision: str) -> str:
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _sun_distance_factor(moment: datetime) -> float:
    """Squared mean over actual distance to the sun, largest in early January."""
    return round(1 + 0.0334 * cos(2 * pi * (moment.timetuple().tm_yday - 3) / 365.25), 8)
