"""A Collection made from its Items, for Items that come without one."""

from emulator.blobs import UPSTREAM_ROOT
from emulator.json_types import JsonDict

_COPIED = ("title", "type", "roles", "gsd", "eo:bands")


class InferredCollection:
    """Gathers the extents of Items and describes them as a Collection."""

    def __init__(self, first: JsonDict) -> None:
        """Take id, assets and storage container from the first Item."""
        self._first = first
        self._box: list[float] | None = None
        self._times: list[str] = []

    def add(self, item: JsonDict) -> None:
        """Widen the extents by one Item."""
        properties = item["properties"]
        for name in ("datetime", "start_datetime", "end_datetime"):
            if properties.get(name):
                self._widen_times(properties[name])
        if item.get("bbox"):
            self._widen_box(item["bbox"])

    def collection(self) -> JsonDict:
        """The Collection; links are the API's business."""
        collection_id = self._first["collection"]
        interval: list[str] | list[None] = self._times or [None, None]
        return {
            "id": collection_id,
            "type": "Collection",
            "stac_version": self._first.get("stac_version", "1.0.0"),
            "stac_extensions": ["https://stac-extensions.github.io/item-assets/v1.0.0/schema.json"],
            "title": collection_id,
            "description": f"Items of {collection_id}, loaded from a file.",
            "license": "proprietary",
            "extent": {
                "spatial": {"bbox": [self._box or [-180, -90, 180, 90]]},
                "temporal": {"interval": [interval]},
            },
            "item_assets": self._item_assets(),
            "links": [],
            **self._storage(),
        }

    def _item_assets(self) -> JsonDict:
        assets: dict[str, JsonDict] = self._first["assets"]
        return {key: {name: asset[name] for name in _COPIED if name in asset} for key, asset in assets.items()}

    def _storage(self) -> JsonDict:
        for asset in self._first["assets"].values():
            _, root, path = asset["href"].partition(UPSTREAM_ROOT)
            account, _, rest = path.partition("/")
            if root:
                return {"msft:storage_account": account, "msft:container": rest.partition("/")[0]}
        return {}

    def _widen_times(self, moment: str) -> None:
        self._times = [min([moment, *self._times]), max([moment, *self._times])]

    def _widen_box(self, box: list[float]) -> None:
        west, south, east, north = box if len(box) == 4 else (box[0], box[1], box[3], box[4])
        old = self._box or [west, south, east, north]
        self._box = [min(west, old[0]), min(south, old[1]), max(east, old[2]), max(north, old[3])]
