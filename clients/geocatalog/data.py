"""`/data`: pictures and statistics by the GeoCatalog's tiler."""

from typing import Any
from urllib.parse import quote, unquote

from clients.session import ApiSession
from models.area import JsonDict
from models.errors import RefusedError

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
        verb = "crop" if self._preview_api else "bbox"
        area = ",".join(f"{degree:.6f}" for degree in bbox)
        path = f"{self._item_path(collection_id, item_id)}/{verb}/{area}/{size[0]}x{size[1]}.png"
        response = self._api.request("GET", path, params=_pairs(options))
        return response.content

    def feature_statistics(
        self, collection_id: str, item_id: str, geometry: JsonDict, options: dict[str, Any]
    ) -> list[JsonDict]:
        """Return statistics of each band of one Item within a polygon, in the order of the bands.

        `POST .../statistics`; mean, std, median and count weigh each pixel by its share that lies in the polygon.

        Args:
            geometry: GeoJSON Polygon or MultiPolygon, not on both sides of the antimeridian; in WGS 84 degrees, or in
                the projection that the option `coord_crs` names.
            options: `expression`, `nodata`, `coord_crs`, `dst_crs`, `width`, `height`, `histogram_bins` and others of
                the tiler.

        Raises:
            RefusedError: the tiler cannot read the assets (404, 424) or the options (400).
        """
        path = f"{self._item_path(collection_id, item_id)}/statistics"
        response = self._api.request("POST", path, json=_feature(geometry), params=self._spelled(options))
        try:
            bands: dict[str, JsonDict] = self._api.json_of(response)["properties"]["statistics"]
        except (KeyError, TypeError):
            raise RefusedError("The tiler's answer holds no statistics: check the GeoCatalog's URL.") from None
        return list(bands.values())

    def feature_picture(
        self, collection_id: str, item_id: str, geometry: JsonDict, size: tuple[int, int], options: dict[str, Any]
    ) -> bytes:
        """Return a PNG of one Item within a polygon, transparent beside it.

        `POST .../feature/{width}x{height}.png` (`crop` in the preview version).

        Args:
            geometry: as of `feature_statistics`.
            size: width and height in pixels.
            options: `expression`, `rescale`, `colormap_name`, `nodata`, `dst_crs` and others of the tiler.

        Raises:
            RefusedError: as `feature_statistics`.
        """
        verb = "crop" if self._preview_api else "feature"
        path = f"{self._item_path(collection_id, item_id)}/{verb}/{size[0]}x{size[1]}.png"
        return self._api.request("POST", path, json=_feature(geometry), params=self._spelled(options)).content

    def _item_path(self, collection_id: str, item_id: str) -> str:
        root = "/data" if self._preview_api else "/data/mosaic"
        return f"{root}/collections/{quote(collection_id, safe='')}/items/{quote(item_id, safe='')}"

    def _spelled(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options as the version writes them: `dst-crs` in the preview, `dst_crs` since."""
        if not self._preview_api:
            return options
        return {name.replace("_crs", "-crs"): value for name, value in options.items()}


def _feature(geometry: JsonDict) -> JsonDict:
    return {"type": "Feature", "properties": {}, "geometry": geometry}


def _pairs(options: str) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for part in options.split("&"):
        name, _, value = part.partition("=")
        if name:
            pairs.setdefault(name, []).append(unquote(value))  # a `+` is meant as such: in expressions
    return pairs
