"""Configure how a Collection is shown: render options, mosaics, tile settings. Running it twice changes nothing."""

from collections.abc import Callable

from prefect import task
from pydantic import BaseModel

from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from models.requests import OnboardRequest
from stac.configuration import is_same, to_mosaics, to_render_options
from tasks.connect import geocatalog
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED


class Configured(BaseModel):
    """The configuration as it now is, and the names of what had to be written."""

    render_options: list[str]
    mosaics: list[str]
    written: list[str]


def write_changes(
    wanted: list[JsonDict],
    held: list[JsonDict],
    create: Callable[[JsonDict], None],
    replace: Callable[[JsonDict], None],
) -> list[str]:
    """Create what is missing and replace what differs, by id; return the ids of what was written."""
    by_id = {entry["id"]: entry for entry in held}
    written = []
    for entry in wanted:
        if entry["id"] not in by_id:
            create(entry)
        elif not is_same(entry, by_id[entry["id"]]):
            replace(entry)
        else:
            continue
        written.append(entry["id"])
    return written


def configure(catalog: GeoCatalog, collection_id: str, info: JsonDict, request: OnboardRequest) -> Configured:
    """Write render options, mosaics and tile settings where they are not as wanted.

    Args:
        info: the source's mosaic information; `{}` where it has none.
    """
    api = catalog.configuration
    options = to_render_options(info.get("renderOptions") or [])
    mosaics = to_mosaics([mosaic.model_dump() for mosaic in request.mosaics])
    written = write_changes(
        options,
        api.list_render_options(collection_id),
        lambda entry: api.create_render_option(collection_id, entry),
        lambda entry: api.replace_render_option(collection_id, entry),
    )
    written += write_changes(
        mosaics,
        api.list_mosaics(collection_id),
        lambda entry: api.add_mosaic(collection_id, entry),
        lambda entry: api.replace_mosaic(collection_id, entry),
    )
    written += _write_tile_settings(catalog, collection_id, request)
    return Configured(
        render_options=[entry["id"] for entry in options],
        mosaics=[entry["id"] for entry in mosaics],
        written=written,
    )


def _write_tile_settings(catalog: GeoCatalog, collection_id: str, request: OnboardRequest) -> list[str]:
    wanted = {"minZoom": request.min_zoom, "maxItemsPerTile": request.max_items_per_tile}
    held = catalog.configuration.get_tile_settings(collection_id)
    if is_same(wanted, held):
        return []
    location = held.get("defaultLocation")
    catalog.configuration.replace_tile_settings(collection_id, {**wanted, "defaultLocation": location})
    return ["tile-settings"]


@task(name="configure-collection", task_run_name="configure {collection_id}", **RETRIED, **UNCACHED)
def configure_collection(collection_id: str, info: JsonDict, request: OnboardRequest) -> Configured:
    """Bring render options, mosaics and tile settings of a Collection to what is wanted."""
    configured = configure(geocatalog(), collection_id, info, request)
    say(
        f"Configured: render options {len(configured.render_options)}, mosaics {len(configured.mosaics)}"
        f" ({len(configured.written)} written)"
    )
    return configured
