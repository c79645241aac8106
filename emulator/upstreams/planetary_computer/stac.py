"""The Planetary Computer's STAC API: `/planetary-computer/api/stac/v1`."""

from emulator.state import EmulatorState
from emulator.upstreams.stac_api.api import StacApi
from emulator.upstreams.stac_api.landing import Catalog
from emulator.upstreams.stac_api.routes import stac_router

ROOT = "/planetary-computer/api/stac/v1"
CATALOG = Catalog(
    "microsoft-pc",
    "Planetary Computer STAC API (local emulator)",
    "Stands in for the public Planetary Computer; its pixels are synthetic.",
)


def _api(state: EmulatorState) -> StacApi:
    return StacApi(CATALOG, state.config.public_url + ROOT, state.upstream, state.config.upstream)


router = stac_router(ROOT, "upstream STAC", _api)
