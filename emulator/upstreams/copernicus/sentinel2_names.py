"""Names inside a Sentinel-2 L2A product, from the Item of the same scene."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from emulator.json_types import JsonDict

BLOB_HOST = ".blob.core.windows.net"


@dataclass(frozen=True)
class SceneFiles:
    """The files of one scene.

    Attributes:
        item: as the generated content holds it.
    """

    item: JsonDict

    @property
    def product(self) -> str:
        """`S2B_..._20240205T154527.SAFE`."""
        return str(self.item["properties"]["s2:product_uri"])

    @property
    def granule(self) -> str:
        """Folder of the granule, below the product."""
        return self._inside("granule-metadata").rpartition("/")[0]

    @property
    def datastrip(self) -> str:
        """Folder of the datastrip, below the product."""
        return self._inside("datastrip-metadata").rpartition("/")[0]

    @property
    def preview(self) -> str:
        """The small picture, below the product, without its suffix."""
        return str(PurePosixPath(self._inside("preview")).with_suffix(""))

    def images(self) -> dict[str, str]:
        """Path of each georeferenced raster below the product, without its suffix, by asset key."""
        keys = [key for key, asset in self.item["assets"].items() if "/IMG_DATA/" in asset["href"]]
        return {key: str(PurePosixPath(self._inside(key)).with_suffix("")) for key in keys}

    def source(self, key: str) -> str:
        """`account/container/path` of an asset's blob in the generated content."""
        parts = urlsplit(self.item["assets"][key]["href"])
        return str(parts.netloc).removesuffix(BLOB_HOST) + str(parts.path)

    def _inside(self, key: str) -> str:
        return self.source(key).partition(f"{self.product}/")[2]
