"""The Collection `sentinel-2-l2a` and its mosaic info, with the members of the public ones."""

from emulator.content import paths
from emulator.content.assets import BANDS, item_assets
from emulator.content.items import API, COLLECTION_ID
from emulator.content.public_containers import PUBLIC_ACCOUNT, PUBLIC_CONTAINER
from emulator.json_types import JsonDict

SHORT_DESCRIPTION = (
    "Sentinel-2 images the land and the coasts of the Earth in thirteen spectral bands at 10 m, 20 m and 60 m."
    " Here it is a small synthetic archive: invented scenes of an invented piece of coast in Iceland."
)
DESCRIPTION = (
    f"{SHORT_DESCRIPTION}\n\n"
    "Every scene has the assets, names, grids and digital numbers of a Level-2A product (bottom-of-atmosphere"
    " reflectance times 10000 plus 1000, as since processing baseline 04.00), but the pixels are made by code:"
    " they are good for trying out software and say nothing about the real world."
)


def collection() -> JsonDict:
    """The Collection as the upstream publishes it, with hrefs on Azure's and Microsoft's hosts."""
    return {
        "id": COLLECTION_ID,
        "type": "Collection",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/item-assets/v1.0.0/schema.json",
            "https://stac-extensions.github.io/table/v1.2.0/schema.json",
        ],
        "title": "Sentinel-2 Level-2A",
        "description": DESCRIPTION,
        "license": "proprietary",
        "keywords": ["Sentinel", "Copernicus", "Satellite", "Imagery", "Reflectance", "Synthetic"],
        "providers": _providers(),
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-06-27T10:25:31Z", None]]},
        },
        "summaries": _summaries(),
        "item_assets": item_assets(),
        "assets": _assets(),
        "links": _links(),
        "msft:region": "westeurope",
        "msft:container": paths.CONTAINER,
        "msft:storage_account": paths.ACCOUNT,
        "msft:short_description": SHORT_DESCRIPTION,
    }


def _providers() -> list[JsonDict]:
    sentinel = "https://sentinels.copernicus.eu/copernicus/sentinel-2"
    return [
        {"name": "ESA", "roles": ["producer", "licensor"], "url": sentinel},
        {"name": "GeoCatalog emulator", "roles": ["processor", "host"], "url": "http://localhost"},
    ]


def _summaries() -> JsonDict:
    return {
        "gsd": [10, 20, 60],
        "eo:bands": [{"gsd": band.gsd, **band.eo_band()} for band in BANDS],
        "platform": ["Sentinel-2A", "Sentinel-2B"],
        "instruments": ["msi"],
        "constellation": ["sentinel-2"],
        "view:off_nadir": [0],
    }


def _assets() -> JsonDict:
    thumbnail = paths.blob_url(PUBLIC_ACCOUNT, PUBLIC_CONTAINER, paths.THUMBNAIL_PATH)
    return {
        "thumbnail": {
            "href": thumbnail,
            "type": "image/png",
            "roles": ["thumbnail"],
            "title": "Sentinel-2 L2A",
        },
        "geoparquet-items": {
            "href": f"abfs://items/{COLLECTION_ID}.parquet",
            "type": "application/x-parquet",
            "roles": ["stac-items"],
            "title": "GeoParquet STAC items",
            "description": "The Items of this Collection as GeoParquet; named, but not served here.",
            "msft:partition_info": {"is_partitioned": True, "partition_frequency": "W-MON"},
            "table:storage_options": {"account_name": "pcstacitems"},
        },
    }


def _links() -> list[JsonDict]:
    page = f"{API.removesuffix('/api')}/dataset/{COLLECTION_ID}"
    terms = "https://sentinels.copernicus.eu/documents/d/sentinel/legal-notice"
    return [
        {"rel": "license", "href": terms, "title": "Copernicus Sentinel data terms"},
        {"rel": "describedby", "href": page, "type": "text/html", "title": "Overview of the data set"},
    ]
