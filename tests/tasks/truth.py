"""What the statistics of an area are, computed from the COGs by other code than the project's and the tiler's.

Each pixel counts by its share that lies in the area, from a mask of 1 m.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import requests
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.io import MemoryFile
from rasterio.warp import transform_geom

CLEAR = (4, 5, 6, 7, 11)
FINE = 10
Field = NDArray[np.float64]


class Truth(NamedTuple):
    """Values of pixels, and how much of each lies in the area."""

    values: Field
    shares: Field

    @property
    def count(self) -> float:
        return float(self.shares.sum())

    @property
    def mean(self) -> float:
        return float((self.values * self.shares).sum() / self.count)

    @property
    def std(self) -> float:
        return float(np.sqrt(((self.values - self.mean) ** 2 * self.shares).sum() / self.count))

    @property
    def median(self) -> float:
        order = np.argsort(self.values)
        reached = np.cumsum(self.shares[order]) >= self.count / 2
        return float(self.values[order][reached][0])


class Scenes:
    """The upstream's scenes by day, read over HTTP as anybody reads them: search, sign, download."""

    def __init__(self, url: str) -> None:
        self._api = f"{url}/planetary-computer/api"
        self._token = requests.get(f"{self._api}/sas/v1/token/sentinel-2-l2a", timeout=60).json()["token"]
        self._read = cache(self._read_asset)
        self._masks: dict[str, Field] = {}

    @cache  # noqa: B019 - a few scenes, for one test
    def item(self, day: str) -> dict[str, Any]:
        body = {"collections": ["sentinel-2-l2a"], "datetime": f"{day}/{day}"}
        (item,) = requests.post(f"{self._api}/stac/v1/search", json=body, timeout=60).json()["features"]
        return item

    def measure(self, day: str, index: str, geometry: dict[str, Any], *, clear_only: bool = False) -> "Truth":
        """Return the index of the pixels in a geometry, and their shares."""
        red, nir, blue, green = (self._reflectance(day, key) for key in ("B04", "B08", "B02", "B03"))
        formulas = {
            "ndvi": lambda: (nir - red) / (nir + red),
            "evi": lambda: 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1),
            "savi": lambda: 1.5 * (nir - red) / (nir + red + 0.5),
            "msavi": lambda: (2 * nir + 1 - np.sqrt((2 * nir + 1) ** 2 - 8 * (nir - red))) / 2,
            "ndwi": lambda: (green - nir) / (green + nir),
        }
        shares = self._shares(day, geometry)
        if clear_only:
            shares = shares * np.isin(np.kron(self._read(day, "SCL")[0], np.ones((2, 2))), CLEAR)
        return Truth(formulas[index]()[shares > 0], shares[shares > 0])

    def _reflectance(self, day: str, key: str) -> Field:
        return (self._read(day, key)[0].astype(np.float64) - 1000) / 10_000

    def _shares(self, day: str, geometry: dict[str, Any]) -> Field:
        if str(geometry) in self._masks:
            return self._masks[str(geometry)]
        numbers, profile = self._read(day, "B04")
        rows, columns = numbers.shape
        shape = transform_geom("EPSG:4326", profile["crs"], geometry)
        fine = profile["transform"] @ Affine.scale(1 / FINE)
        inside = geometry_mask([shape], (rows * FINE, columns * FINE), fine, invert=True)
        self._masks[str(geometry)] = inside.reshape(rows, FINE, columns, FINE).mean(axis=(1, 3))
        return self._masks[str(geometry)]

    def _read_asset(self, day: str, key: str) -> tuple[NDArray[np.uint16], dict[str, Any]]:
        href = self.item(day)["assets"][key]["href"]
        content = requests.get(f"{href}?{self._token}", timeout=60)
        content.raise_for_status()
        with MemoryFile(content.content) as memory, memory.open() as raster:
            return raster.read(1), dict(raster.profile)
