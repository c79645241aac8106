"""`/stac/collections/{id}/configurations`: how a Collection is shown. All of it is synchronous."""

from typing import Any
from urllib.parse import quote

from clients.session import ApiSession
from models.area import JsonDict


class ConfigurationClient:
    """Render options, mosaics and tile settings of Collections."""

    def __init__(self, api: ApiSession) -> None:
        self._api = api

    def list_render_options(self, collection_id: str) -> list[JsonDict]:
        """Return the render options; members that are not set are null."""
        return self._list(collection_id, "render-options")

    def create_render_option(self, collection_id: str, option: JsonDict) -> None:
        """Add a render option, 201."""
        self._api.request("POST", _path(collection_id, "render-options"), json=option)

    def replace_render_option(self, collection_id: str, option: JsonDict) -> None:
        """Replace the render option of the same id, 200."""
        self._api.request("PUT", _path(collection_id, "render-options", option["id"]), json=option)

    def list_mosaics(self, collection_id: str) -> list[JsonDict]:
        """Return the mosaics; a new Collection has one with id `default`."""
        return self._list(collection_id, "mosaics")

    def add_mosaic(self, collection_id: str, mosaic: JsonDict) -> None:
        """Add a mosaic, 201."""
        self._api.request("POST", _path(collection_id, "mosaics"), json=mosaic)

    def replace_mosaic(self, collection_id: str, mosaic: JsonDict) -> None:
        """Replace the mosaic of the same id, 200."""
        self._api.request("PUT", _path(collection_id, "mosaics", mosaic["id"]), json=mosaic)

    def get_tile_settings(self, collection_id: str) -> JsonDict:
        """Return `minZoom`, `maxItemsPerTile`, `defaultLocation`."""
        settings: JsonDict = self._api.get_json(_path(collection_id, "tile-settings"))
        return settings

    def replace_tile_settings(self, collection_id: str, settings: JsonDict) -> None:
        """Replace the tile settings, 200."""
        self._api.request("PUT", _path(collection_id, "tile-settings"), json=settings)

    def _list(self, collection_id: str, kind: str) -> list[JsonDict]:
        values: Any = self._api.get_json(_path(collection_id, kind))
        return list(values)


def _path(collection_id: str, *parts: str) -> str:
    base = f"/stac/collections/{quote(collection_id, safe='')}/configurations"
    return base + "".join(f"/{quote(part, safe='')}" for part in parts)
