"""What one STAC API serves, and how its routes get at it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from emulator.config import UpstreamConfig
from emulator.item_store import ItemStore
from emulator.json_types import JsonDict
from emulator.state import EmulatorState, State
from emulator.upstreams.stac_api.landing import Catalog
from emulator.upstreams.stac_api.links import with_item_links


def _as_it_is(item: JsonDict) -> JsonDict:
    return item


@dataclass(frozen=True)
class StacApi:
    """One API.

    Attributes:
        catalog: how it names itself.
        root: its URL, without a slash at its end.
        store: its Collections and Items.
        defects: how its search misleads.
        finished: what is done to each Item before it is served.
    """

    catalog: Catalog
    root: str
    store: ItemStore
    defects: UpstreamConfig
    finished: Callable[[JsonDict], JsonDict] = _as_it_is

    def item(self, item: JsonDict) -> JsonDict:
        """Return an Item as it is served."""
        return with_item_links(self.finished(item), self.root)


def provide(api_of: Callable[[EmulatorState], StacApi]) -> Callable[[Request, State], None]:
    """Return a dependency of a whole router: it hands the API to the routes."""

    def put(request: Request, state: State) -> None:
        request.state.stac_api = api_of(state)

    return put


def _provided(request: Request) -> StacApi:
    api: StacApi = request.state.stac_api
    return api


Api = Annotated[StacApi, Depends(_provided)]
