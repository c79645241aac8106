"""Digital numbers of one scene, on the native grids of Sentinel-2 L2A."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator.content.grid import GRIDS, PREVIEW_GRID, SIZE_10M
from emulator.content.noise import Field
from emulator.content.scenes import Scene
from emulator.content.surface import BANDS, class_shares, reflectance, weather_of

# Since processing baseline 04.00: digital number = 10000 * reflectance + 1000, 0 = no data.
QUANTIFICATION, BOA_OFFSET = 10000, 1000

# Codes of the scene classification map.
DARK, SHADOW, VEGETATION, BARE, WATER, UNCLASSIFIED = 2, 3, 4, 5, 6, 7
CLOUD_MEDIUM, CLOUD_HIGH, CIRRUS, SNOW = 8, 9, 10, 11

Raster = NDArray[np.uint16] | NDArray[np.uint8]


@dataclass(frozen=True)
class ScenePixels:
    """All rasters of a scene.

    Attributes:
        rasters: by asset key, each (bands, rows, columns).
        class_percentages: share of each SCL code in the scene, percent.
    """

    rasters: dict[str, Raster]
    class_percentages: dict[int, float]


def render_pixels(scene: Scene, gsd_by_band: dict[str, int]) -> ScenePixels:
    """Compute every raster of a scene."""
    weather = weather_of(scene)
    shares = class_shares(scene, weather)
    bottom_of_atmosphere = reflectance(scene, weather, shares)
    rasters: dict[str, Raster] = {}
    for name, band in zip(BANDS, bottom_of_atmosphere, strict=True):
        rasters[name] = _digital_numbers(_resampled(band, gsd_by_band[name]))
    classes = _classification(shares, weather.cloud, weather.shadow)
    rasters["SCL"] = classes[None]
    rasters["AOT"] = _smooth(1000 * (0.06 + 0.05 * _resampled(weather.cloud, 10)), step=8)
    rasters["WVP"] = _smooth(1000 * (0.5 + scene.green + 0.3 * _resampled(weather.cloud, 10)), step=16)
    rasters["visual"] = _true_color(bottom_of_atmosphere)
    rasters["preview"] = _block_mean(rasters["visual"], PREVIEW_GRID.gsd // 10).round().astype(np.uint8)
    return ScenePixels(rasters, _percentages(classes))


def _resampled(field: Field, gsd: int) -> Field:
    if gsd == 60:
        return _block_mean(field, 6)
    return _block_mean(field[..., :SIZE_10M, :SIZE_10M], gsd // 10)


def _block_mean(field: NDArray[np.generic], factor: int) -> Field:
    """Mean of square blocks, added in a fixed order so that every machine finds the same bits."""
    offsets = [(row, column) for row in range(factor) for column in range(factor)]
    parts = (field[..., row::factor, column::factor].astype(np.float32) for row, column in offsets)
    return np.asarray(sum(parts) / np.float32(factor**2), np.float32)


def _digital_numbers(field: Field) -> NDArray[np.uint16]:
    numbers = np.rint(field * QUANTIFICATION) + BOA_OFFSET
    return np.asarray(np.clip(numbers, 1, 65535).astype(np.uint16)[None])


def _smooth(field: Field, step: int) -> NDArray[np.uint16]:
    """Whole multiples of `step`, as these products are coarse, and small when compressed."""
    return (np.rint(field / step) * step).astype(np.uint16)[None]


def _true_color(reflectances: Field) -> NDArray[np.uint8]:
    """Red, green, blue as 8 bit, brightened as in ESA's true color image; 0 = no data."""
    rgb = _resampled(reflectances[[3, 2, 1]], 10)
    bright = np.clip(rgb / 0.55, 0, 1) ** (1 / 2.1)
    return np.asarray(np.clip(np.rint(255 * bright), 1, 255), np.uint8)


def _classification(shares: dict[str, Field], cloud: Field, shadow: Field) -> NDArray[np.uint8]:
    at_20m = {name: _resampled(share, 20) for name, share in shares.items()}
    opacity, dark = _resampled(cloud, 20), _resampled(shadow, 20)
    water = at_20m["deep"] + at_20m["shallow"] + at_20m["surf"] + at_20m["lagoon"]
    classes = np.full((GRIDS[20].size,) * 2, BARE, np.uint8)
    classes[at_20m["green"] + 0.6 * at_20m["moss"] > 0.45] = VEGETATION
    classes[water > 0.5] = WATER
    classes[at_20m["snow"] > 0.5] = SNOW
    classes[dark > 0.5] = SHADOW
    for threshold, code in ((0.15, CIRRUS), (0.35, CLOUD_MEDIUM), (0.7, CLOUD_HIGH)):
        classes[opacity > threshold] = code
    return classes


def _percentages(classes: NDArray[np.uint8]) -> dict[int, float]:
    counts = np.bincount(classes.ravel(), minlength=12)
    return {code: round(100 * float(counts[code]) / classes.size, 6) for code in range(12)}
