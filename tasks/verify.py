"""Look at the result: one asset downloaded whole and decoded, and a picture rendered by the GeoCatalog."""

from pathlib import Path

from prefect import task

from clients.assets import NOT_DECODED, AssetReader
from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from models.delivery import Delivery
from models.errors import RefusedError, RunFailed, TransientError
from models.reports import Verification
from settings import get_settings
from stac.preview import coarsest_raster, least_cloudy, picture_size
from tasks.connect import asset_reader, geocatalog
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED

LOOKED_AT = 200
"""Proven Items among which the least cloudy is chosen."""


def verify(
    request: Delivery, item_ids: list[str], catalog: GeoCatalog, assets: AssetReader, folder: Path
) -> Verification:
    """Download and decode one asset of the least cloudy Item, and save a preview of the area.

    Args:
        item_ids: proven Items, at least one.
        folder: where the PNG is saved.

    Raises:
        RunFailed: the asset is no readable image.
    """
    held = catalog.stac.get_items(request.collection_id, item_ids, sign=True)
    items = least_cloudy(list(held))
    if not items:
        raise RunFailed(f"Search in {request.collection_id} does not find Items that were just proven.")
    item = items[0]
    key = request.verify_asset or coarsest_raster(item)
    if request.verify_asset and key not in item["assets"]:
        raise RunFailed(
            f"Item {item['id']} has no asset {key!r} to verify; it has {', '.join(sorted(item['assets']))}."
        )
    width, height, size, asset_note = decode(request, item, key, assets) if key else (0, 0, 0, _no_raster(item))
    path, note = save_preview(request, item, catalog, folder) if key else (None, "there is no raster to render")
    return Verification(
        item_id=item["id"],
        asset=key or "",
        width=width,
        height=height,
        bytes_read=size,
        asset_note=asset_note,
        preview_path=str(path) if path else None,
        preview_note=note,
    )


def _no_raster(item: JsonDict) -> str:
    return f"Item {item['id']} has no raster to decode; its assets: {', '.join(sorted(item['assets']))}"


def decode(request: Delivery, item: JsonDict, key: str, assets: AssetReader) -> tuple[int, int, int, str]:
    """Download and decode an asset; return width, height in pixels, bytes, and why it could not be decoded.

    Not every sound raster can be decoded by Pillow, so that this is a failure only for the asset that was asked for.

    Raises:
        RunFailed: it was asked for, and is no readable image; or it does not answer.
    """
    try:
        return *assets.image_size(item["assets"][key]), ""
    except RefusedError as error:
        if request.verify_asset or error.status != NOT_DECODED:
            raise RunFailed(f"Verification of {item['id']} failed. {error}") from None
        return 0, 0, 0, str(error)


def save_preview(request: Delivery, item: JsonDict, catalog: GeoCatalog, folder: Path) -> tuple[Path | None, str]:
    """Save a PNG of the area by the Collection's first render option; return its path, or why there is none."""
    options = catalog.configuration.list_render_options(request.collection_id)
    if not options:
        return None, "the Collection has no render option: onboard_collection configures some"
    bounds = request.bounds or item["bbox"]
    try:
        png = catalog.data.crop(request.collection_id, item["id"], bounds, picture_size(bounds), options[0]["options"])
    except (RefusedError, TransientError) as error:
        return None, f"the GeoCatalog rendered none. {error}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{request.collection_id}-preview.png"
    path.write_bytes(png)
    return path.resolve(), ""


@task(name="verify", task_run_name="verify by search, download and preview", **RETRIED, **UNCACHED)
def verify_ingest(request: Delivery, item_ids: list[str]) -> Verification:
    """Verify an ingest as its user would: look at one asset and at a picture."""
    verification = verify(request, item_ids, geocatalog(), asset_reader(), get_settings().output_dir)
    say(verification.asset_note or verification.sentence)
    if verification.preview_path:
        say(f"Preview saved to {verification.preview_path}")
    else:
        say(f"No preview: {verification.preview_note}")
    return verification
