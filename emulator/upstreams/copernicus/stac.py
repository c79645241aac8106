"""The Copernicus Data Space's STAC API: `/copernicus/stac/v1`. It needs no token."""

from emulator.config import UpstreamConfig
from emulator.json_types import JsonDict
from emulator.state import EmulatorState
from emulator.upstreams.copernicus.hosts import STAC, download_root
from emulator.upstreams.copernicus.records import listed_products, record_of
from emulator.upstreams.copernicus.stac_items import PRODUCT_ID, zip_asset
from emulator.upstreams.stac_api.api import StacApi
from emulator.upstreams.stac_api.landing import Catalog
from emulator.upstreams.stac_api.routes import stac_router

CATALOG = Catalog(
    "cdse-stac",
    "Copernicus Data Space Ecosystem STAC API (local emulator)",
    "Stands in for the Copernicus Data Space; its products are synthetic.",
)


def _api(state: EmulatorState) -> StacApi:
    library = state.copernicus.library
    store = state.copernicus.items.of(listed_products(state))

    def finished(item: JsonDict) -> JsonDict:
        properties = dict(item["properties"])
        product = library.find(properties.pop(PRODUCT_ID), state.config.copernicus.catalogue)
        assets = {}
        if product:
            assets["Product"] = zip_asset(product, record_of(product, state), download_root(state.config))
        return {**item, "properties": properties, "assets": assets}

    return StacApi(CATALOG, state.config.public_url + STAC, store, UpstreamConfig(), finished)


router = stac_router(STAC, "Copernicus STAC", _api)
