"""`/data`: pictures rendered by the GeoCatalog's tiler."""

from urllib.parse import quote, unquote

from clients.session import ApiSession

PREVIEW_API = "2025-04-30-preview"


class DataClient:
    """The tiler. Its paths differ between the api-versions."""

    def __init__(self, api: ApiSession, api_version: str) -> None:
        self._api = api
        self._preview_api = api_version == PREVIEW_API

    def crop(self, collection_id: str, item_id: str, bbox: list[float], size: tuple[int, int], options: str) -> bytes:
        """Return a PNG of an area of one Item.

        Args:
            bbox: west, south, east, north in WGS 84 degrees.
            size: width and height in pixels.
            options: query of a render option, such as `assets=B04&assets=B03&assets=B02&rescale=0,3000`.

        Raises:
            RefusedError: the tiler cannot read the assets (424) or the options (400).
        """
        item = f"collections/{quote(collection_id, safe='')}/items/{quote(item_id, safe='')}"
        root, verb = ("/data", "crop") if self._preview_api else ("/data/mosaic", "bbox")
        area = ",".join(f"{degree:.6f}" for degree in bbox)
        path = f"{root}/{item}/{verb}/{area}/{size[0]}x{size[1]}.png"
        response = self._api.request("GET", path, params=_pairs(options))
        return response.content


def _pairs(options: str) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for part in options.split("&"):
        name, _, value = part.partition("=")
        if name:
            pairs.setdefault(name, []).append(unquote(value))  # a `+` is meant as such: in expressions
    return pairs
