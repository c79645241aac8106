"""What a page can draw: the Collection's own render options and mosaics, or a default."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from emulator.geocatalog.configurations import RENDER_OPTION_KIND
from emulator.geocatalog.settlement import MOSAIC_KIND
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, parse_post
from emulator.state import EmulatorState
from emulator.tiler.measures import raster_keys
from emulator.tiler.options import InvalidOptions, RenderOptions, parse_options

DEFAULT_MIN_ZOOM = 8


@dataclass(frozen=True)
class RenderChoice:
    """A render option as the page offers it; `query` are the tiler's parameters."""

    id: str
    name: str
    description: str
    query: str
    min_zoom: int

    def options(self) -> RenderOptions:
        """The tiler's options. Raises InvalidOptions."""
        return parse_options(parse_qsl(self.query))


def render_choices(state: EmulatorState, collection_id: str, sample: JsonDict | None) -> list[RenderChoice]:
    """Every render option that is configured; without one, the true color asset or the first raster."""
    configured = state.records.list(RENDER_OPTION_KIND, collection_id)
    choices = [_configured(option) for option in configured if option.get("type", "raster-tile") == "raster-tile"]
    keys = raster_keys(sample) if sample else []
    if choices or not keys:
        return choices
    key = "visual" if "visual" in keys else keys[0]
    query = f"assets={key}&nodata=0"
    return [RenderChoice("", f"Asset {key}", "No render option is configured yet.", query, DEFAULT_MIN_ZOOM)]


def find_choice(choices: list[RenderChoice], choice_id: str) -> RenderChoice | None:
    """The choice of this id, else the first one."""
    return next((choice for choice in choices if choice.id == choice_id), choices[0] if choices else None)


def mosaics(state: EmulatorState, collection_id: str) -> list[JsonDict]:
    """The Collection's mosaics, each with id, name and CQL2."""
    return state.records.list(MOSAIC_KIND, collection_id)


def mosaic_search(state: EmulatorState, collection_id: str, mosaic_id: str, item_id: str = "") -> SearchRequest:
    """The search behind a mosaic; an unknown mosaic has all Items.

    Args:
        state: the emulator.
        collection_id: an existing Collection.
        mosaic_id: as configured.
        item_id: only this Item, whatever the mosaic says; empty for all.

    Raises:
        InvalidOptions: the mosaic's CQL2 cannot be used.
    """
    body: JsonDict = {"collections": [collection_id]}
    chosen = next((mosaic for mosaic in mosaics(state, collection_id) if mosaic["id"] == mosaic_id), {})
    if item_id:
        body["ids"] = [item_id]
    elif chosen.get("cql"):
        body |= {"filter-lang": "cql2-json", "filter": _all_of(chosen["cql"])}
    try:
        return parse_post(body)
    except InvalidSearch as error:
        raise InvalidOptions(f"mosaic '{mosaic_id}': {error}") from None


def _configured(option: JsonDict) -> RenderChoice:
    return RenderChoice(
        option["id"],
        option["name"],
        option.get("description") or "",
        option.get("options") or "",
        min(option.get("minZoom") or DEFAULT_MIN_ZOOM, DEFAULT_MIN_ZOOM + 4),
    )


def _all_of(expressions: list[JsonDict]) -> JsonDict:
    return expressions[0] if len(expressions) == 1 else {"op": "and", "args": expressions}
