"""The XML documents of a Sentinel-2 L2A product, as far as readers of products use them.

Element names and nesting follow ESA's product specification (PSD 14.9) and what `stactools.sentinel2`
reads; what is missing are grids of angles, spectral responses and lists of auxiliary files.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.sentinel2_names import SceneFiles

PSD = "https://psd-14.sentinel2.eo.esa.int/PSD"
BAND_IDS = range(13)
OFFSET, QUANTIFICATION = -1000, 10000
"""Since processing baseline 04.00; as in the generated pixels."""
QUALITY = {
    "CLOUDY_PIXEL_PERCENTAGE": "eo:cloud_cover",
    "DEGRADED_MSI_DATA_PERCENTAGE": "s2:degraded_msi_data_percentage",
    "NODATA_PIXEL_PERCENTAGE": "s2:nodata_pixel_percentage",
    "SATURATED_DEFECTIVE_PIXEL_PERCENTAGE": "s2:saturated_defective_pixel_percentage",
    "DARK_FEATURES_PERCENTAGE": "s2:dark_features_percentage",
    "CLOUD_SHADOW_PERCENTAGE": "s2:cloud_shadow_percentage",
    "VEGETATION_PERCENTAGE": "s2:vegetation_percentage",
    "NOT_VEGETATED_PERCENTAGE": "s2:not_vegetated_percentage",
    "WATER_PERCENTAGE": "s2:water_percentage",
    "UNCLASSIFIED_PERCENTAGE": "s2:unclassified_percentage",
    "MEDIUM_PROBA_CLOUDS_PERCENTAGE": "s2:medium_proba_clouds_percentage",
    "HIGH_PROBA_CLOUDS_PERCENTAGE": "s2:high_proba_clouds_percentage",
    "THIN_CIRRUS_PERCENTAGE": "s2:thin_cirrus_percentage",
    "SNOW_ICE_PERCENTAGE": "s2:snow_ice_percentage",
}


def start_of(item: JsonDict) -> datetime:
    """Return the beginning of the datatake, as names of products have it: to the millisecond."""
    return datetime.fromisoformat(item["properties"]["datetime"]) - timedelta(seconds=2)


def product_xml(scene: SceneFiles) -> bytes:
    """MTD_MSIL2A.xml."""
    properties = scene.item["properties"]
    start = _iso(start_of(scene.item))
    images = "".join(f"<IMAGE_FILE>{escape(path)}</IMAGE_FILE>" for path in scene.images().values())
    offsets = "".join(f'<BOA_ADD_OFFSET band_id="{n}">{OFFSET}</BOA_ADD_OFFSET>' for n in BAND_IDS)
    ring = scene.item["geometry"]["coordinates"][0]
    footprint = " ".join(f"{latitude} {longitude}" for longitude, latitude in ring)
    return _document(
        f'<n1:Level-2A_User_Product xmlns:n1="{PSD}/User_Product_Level-2A.xsd">',
        "<n1:General_Info><Product_Info>",
        f"<PRODUCT_START_TIME>{start}</PRODUCT_START_TIME><PRODUCT_STOP_TIME>{start}</PRODUCT_STOP_TIME>",
        f"<PRODUCT_URI>{scene.product}</PRODUCT_URI><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>",
        f"<PRODUCT_TYPE>{properties['s2:product_type']}</PRODUCT_TYPE>",
        f"<PROCESSING_BASELINE>{properties['s2:processing_baseline']}</PROCESSING_BASELINE>",
        f"<GENERATION_TIME>{properties['s2:generation_time']}</GENERATION_TIME>",
        f'<Datatake datatakeIdentifier="{properties["s2:datatake_id"]}">',
        f"<SPACECRAFT_NAME>{properties['platform']}</SPACECRAFT_NAME>",
        f"<DATATAKE_TYPE>{properties['s2:datatake_type']}</DATATAKE_TYPE>",
        f"<DATATAKE_SENSING_START>{start}</DATATAKE_SENSING_START>",
        f"<SENSING_ORBIT_NUMBER>{properties['sat:relative_orbit']}</SENSING_ORBIT_NUMBER>",
        f"<SENSING_ORBIT_DIRECTION>{properties['sat:orbit_state'].upper()}</SENSING_ORBIT_DIRECTION></Datatake>",
        '<Query_Options completeSingleTile="true"><PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT></Query_Options>',
        f'<Product_Organisation><Granule_List><Granule datastripIdentifier="{properties["s2:datastrip_id"]}"',
        f' granuleIdentifier="{properties["s2:granule_id"]}" imageFormat="JPEG2000">{images}</Granule>',
        "</Granule_List></Product_Organisation></Product_Info><Product_Image_Characteristics>",
        '<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">'
        f"{QUANTIFICATION}</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>",
        f"<BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST>",
        f"<Reflectance_Conversion><U>{properties['s2:reflectance_conversion_factor']}</U></Reflectance_Conversion>",
        "</Product_Image_Characteristics></n1:General_Info>",
        "<n1:Geometric_Info><Product_Footprint><Product_Footprint><Global_Footprint>",
        f"<EXT_POS_LIST>{footprint}</EXT_POS_LIST>",
        "</Global_Footprint></Product_Footprint></Product_Footprint></n1:Geometric_Info>",
        "<n1:Quality_Indicators_Info>",
        f"<Cloud_Coverage_Assessment>{properties['eo:cloud_cover']}</Cloud_Coverage_Assessment>",
        "</n1:Quality_Indicators_Info></n1:Level-2A_User_Product>",
    )


def granule_xml(scene: SceneFiles) -> bytes:
    """MTD_TL.xml."""
    properties = scene.item["properties"]
    quality = "".join(f"<{tag}>{properties[name]}</{tag}>" for tag, name in QUALITY.items())
    angles = "".join(
        f'<Mean_Viewing_Incidence_Angle bandId="{n}"><ZENITH_ANGLE unit="deg">{5.1 + 0.02 * n:.2f}</ZENITH_ANGLE>'
        f'<AZIMUTH_ANGLE unit="deg">{104.2 + 0.1 * n:.2f}</AZIMUTH_ANGLE></Mean_Viewing_Incidence_Angle>'
        for n in BAND_IDS
    )
    epsg = properties["proj:epsg"]
    return _document(
        f'<n1:Level-2A_Tile_ID xmlns:n1="{PSD}/S2_PDI_Level-2A_Tile_Metadata.xsd"><n1:General_Info>',
        f'<TILE_ID metadataLevel="Brief">{properties["s2:granule_id"]}</TILE_ID>',
        f'<DATASTRIP_ID metadataLevel="Standard">{properties["s2:datastrip_id"]}</DATASTRIP_ID>',
        f'<SENSING_TIME metadataLevel="Standard">{properties["datetime"]}</SENSING_TIME></n1:General_Info>',
        '<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief">',
        f"<HORIZONTAL_CS_NAME>WGS84 / UTM zone {epsg % 100}{'N' if epsg < 32700 else 'S'}</HORIZONTAL_CS_NAME>",
        f"<HORIZONTAL_CS_CODE>EPSG:{epsg}</HORIZONTAL_CS_CODE>",
        *_grids(scene.item),
        "</Tile_Geocoding><Tile_Angles><Mean_Sun_Angle>",
        f'<ZENITH_ANGLE unit="deg">{properties["s2:mean_solar_zenith"]}</ZENITH_ANGLE>',
        f'<AZIMUTH_ANGLE unit="deg">{properties["s2:mean_solar_azimuth"]}</AZIMUTH_ANGLE></Mean_Sun_Angle>',
        f"<Mean_Viewing_Incidence_Angle_List>{angles}</Mean_Viewing_Incidence_Angle_List></Tile_Angles>",
        f"</n1:Geometric_Info><n1:Quality_Indicators_Info><Image_Content_QI>{quality}</Image_Content_QI>",
        f"<PVI_FILENAME>{scene.preview}.jp2</PVI_FILENAME></n1:Quality_Indicators_Info></n1:Level-2A_Tile_ID>",
    )


def manifest_xml(scene: SceneFiles) -> bytes:
    """manifest.safe: where the other documents are."""
    granule, datastrip = scene.granule, scene.datastrip
    objects = {
        "INSPIRE_Metadata": "INSPIRE.xml",
        "S2_Level-2A_Product_Metadata": "MTD_MSIL2A.xml",
        "S2_Level-2A_Datastrip1_Metadata": f"{datastrip}/MTD_DS.xml",
        "S2_Level-2A_Tile1_Metadata": f"{granule}/MTD_TL.xml",
    }
    return _document(
        '<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1"'
        ' version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l2a_user_product"><dataObjectSection>',
        *(
            f'<dataObject ID="{name}"><byteStream mimeType="text/xml"><fileLocation locatorType="URL"'
            f' href="./{path}"/></byteStream></dataObject>'
            for name, path in objects.items()
        ),
        "</dataObjectSection></xfdu:XFDU>",
    )


def small_xml(scene: SceneFiles, root: str) -> bytes:
    """A document that readers only point to: the names of product and datatake."""
    datatake = scene.item["properties"]["s2:datatake_id"]
    return _document(f"<{root}><PRODUCT_URI>{scene.product}</PRODUCT_URI><DATATAKE>{datatake}</DATATAKE></{root}>")


def _grids(item: JsonDict) -> Iterable[str]:
    found = {int(asset["gsd"]): asset for asset in item["assets"].values() if "proj:shape" in asset}
    for gsd, asset in sorted(found.items()):
        rows, columns = asset["proj:shape"]
        yield f'<Size resolution="{gsd}"><NROWS>{rows}</NROWS><NCOLS>{columns}</NCOLS></Size>'
    for gsd, asset in sorted(found.items()):
        west, north = asset["proj:transform"][2], asset["proj:transform"][5]
        yield f'<Geoposition resolution="{gsd}"><ULX>{west:.0f}</ULX><ULY>{north:.0f}</ULY>'
        yield f"<XDIM>{gsd}</XDIM><YDIM>-{gsd}</YDIM></Geoposition>"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _document(*parts: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(parts) + "\n").encode()
