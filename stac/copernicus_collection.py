"""The Collection of the GeoCatalog that holds products of a Copernicus Collection, and how it is shown."""

from models.area import JsonDict
from stac.copernicus_item import LICENCE

_BEGIN = "2014-04-03T00:00:00Z"
"""Launch of Sentinel-1A, the first of all."""
_TITLES = {
    "SENTINEL-1": "Sentinel-1",
    "SENTINEL-2": "Sentinel-2",
    "SENTINEL-3": "Sentinel-3",
    "SENTINEL-5P": "Sentinel-5P",
    "SENTINEL-6": "Sentinel-6",
}
SENTINEL_2_RENDER_OPTIONS: list[JsonDict] = [
    {"name": "True colour", "options": "assets=visual&nodata=0", "minZoom": 9},
    {
        "name": "Colour infrared",
        "description": "Vegetation is red",
        "options": "assets=nir&assets=red&assets=green&nodata=0&rescale=1000,5000",
        "minZoom": 9,
    },
    {
        "name": "Vegetation index (NDVI)",
        "options": "expression=(nir-red)/(nir%2Bred)&asset_as_band=true&nodata=0&rescale=-1,1&colormap_name=rdylgn",
        "minZoom": 9,
    },
]
"""By the keys of the assets that stactools-sentinel2 makes."""


def copernicus_collection(collection: str, collection_id: str) -> JsonDict:
    """Return the Collection to create.

    Args:
        collection: of the Copernicus catalogue.
        collection_id: in the GeoCatalog.
    """
    title = f"{_TITLES.get(collection, collection)} from the Copernicus Data Space"
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": collection_id,
        "title": title,
        "description": f"Products of {collection}, downloaded from the Copernicus Data Space Ecosystem.",
        "license": "other",
        "keywords": ["Copernicus", collection],
        "providers": [
            {
                "name": "Copernicus Data Space Ecosystem",
                "roles": ["producer", "processor", "licensor"],
                "url": "https://dataspace.copernicus.eu",
            }
        ],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[_BEGIN, None]]}},
        "links": [LICENCE],
    }


def render_options_of(collection: str) -> list[JsonDict]:
    """Return how the Items of a Copernicus Collection are shown; none for those that are staged as zip."""
    return SENTINEL_2_RENDER_OPTIONS if collection == "SENTINEL-2" else []
