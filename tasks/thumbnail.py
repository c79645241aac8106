"""Give a Collection the thumbnail of its source."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from prefect import task

from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from stac.collection import thumbnail_of
from tasks.connect import geocatalog, planetary_computer
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED


def ensure_thumbnail(catalog: GeoCatalog, collection_id: str, asset: JsonDict, content: bytes) -> bool:
    """Add or replace the thumbnail; return whether anything had to be written.

    Args:
        asset: the source's thumbnail asset.
        content: its bytes.
    """
    held = catalog.stac.get_collection(collection_id) or {}
    data = {"key": "thumbnail", "type": asset.get("type", "image/png"), "roles": asset.get("roles") or ["thumbnail"]}
    data["title"] = asset.get("title") or "Thumbnail"
    name = PurePosixPath(urlsplit(asset["href"]).path).name or "thumbnail.png"
    if "thumbnail" not in (held.get("assets") or {}):
        catalog.stac.create_collection_asset(collection_id, data, name, content)
        return True
    if catalog.stac.get_collection_thumbnail(collection_id) == content:
        return False
    catalog.stac.replace_collection_asset(collection_id, data, name, content)
    return True


@task(name="copy-thumbnail", task_run_name="copy thumbnail to {collection_id}", **RETRIED, **UNCACHED)
def copy_thumbnail(source: JsonDict, collection_id: str) -> bool | None:
    """Copy the source Collection's thumbnail; return whether it was written, None if the source has none."""
    asset = thumbnail_of(source)
    if asset is None:
        return None
    content = planetary_computer().download(asset["href"])
    written = ensure_thumbnail(geocatalog(), collection_id, asset, content)
    say(f"Thumbnail {'written' if written else 'kept'} ({len(content):,} bytes)")
    return written
