"""An invented piece of Icelandic south coast: sea, lava, moss, grass, a hill and a lagoon."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from emulator.content.grid import FIELD_SIZE
from emulator.content.noise import Field, fractal_noise, smoothstep, warped_noise


@dataclass(frozen=True)
class Landscape:
    """What does not change from scene to scene; every field is FIELD_SIZE pixels a side.

    Attributes:
        elevation: metres above the sea, 0 at sea.
        land: 1 on land, 0 at sea, between on the shore.
        depth: 0 at the shore to 1 in deep water.
        surf: where waves break, 0..1.
        lagoon: 1 in the milky lagoon.
        moss: share of old, mossy lava on land.
        grass: share of grassland on land.
        town: share of roofs and streets.
        roughness: texture of the lava, 0..1.
    """

    elevation: Field
    land: Field
    depth: Field
    surf: Field
    lagoon: Field
    moss: Field
    grass: Field
    town: Field
    roughness: Field


@cache
def landscape() -> Landscape:
    """Build the landscape once per process (about 0.2 s)."""
    x, y = _axes()
    offshore = _offshore(x, y)
    roughness = warped_noise(FIELD_SIZE, 13, 6, seed=11, bend=36, ridged=True)
    elevation = _elevation(x, y, offshore, roughness)
    land = smoothstep(0.004, -0.004, offshore)
    lagoon = smoothstep(0.006, 0.0, _blob(x, y, 0.60, 0.36, 0.030, seed=21)) * land
    grass = _grass(offshore, elevation) * land * (1 - lagoon)
    old_lava = warped_noise(FIELD_SIZE, 4, 6, seed=14, bend=50) + 0.30 * (roughness - 0.5)
    moss = smoothstep(0.52, 0.66, old_lava)
    return Landscape(
        elevation=elevation * land,
        land=land,
        depth=smoothstep(0.0, 0.16, offshore),
        surf=_surf(offshore),
        lagoon=lagoon,
        moss=moss * land * (1 - grass) * (1 - lagoon),
        grass=grass,
        town=_town(x, y, offshore) * land,
        roughness=roughness,
    )


def _axes() -> tuple[Field, Field]:
    y, x = np.mgrid[0:FIELD_SIZE, 0:FIELD_SIZE].astype(np.float32) / FIELD_SIZE
    return x, y


def _offshore(x: Field, y: Field) -> Field:
    """Distance from the coast line in scene widths, positive at sea; a bay in the middle."""
    coast = 0.70 + 0.16 * x - 0.05 * np.sin(5.5 * x) - 0.13 * np.exp(-(((x - 0.45) / 0.05) ** 2))
    wiggle = warped_noise(FIELD_SIZE, 7, 7, seed=10, bend=24) - 0.5
    return np.asarray(y - coast + 0.15 * wiggle, np.float32)


def _elevation(x: Field, y: Field, offshore: Field, roughness: Field) -> Field:
    plain = 70 * np.clip(-offshore, 0, 1)
    crests = warped_noise(FIELD_SIZE, 9, 6, seed=13, bend=30, ridged=True)
    hill = smoothstep(0.10, -0.07, _blob(x, y, 0.30, 0.30, 0.08, seed=12)) * (110 + 150 * crests)
    across = np.abs(0.82 * (x - 0.88) + 0.57 * (y - 0.20)) + 0.05 * (1 - crests)
    ridge = smoothstep(0.09, 0.01, across) * smoothstep(0.60, 0.40, y) * (40 + 150 * crests)
    return np.asarray(plain + hill + ridge + 16 * roughness, np.float32)


def _blob(x: Field, y: Field, cx: float, cy: float, radius: float, seed: int) -> Field:
    """Distance from an uneven round shape's edge in scene widths, negative inside."""
    uneven = 2.2 * radius * (warped_noise(FIELD_SIZE, 12, 4, seed, bend=12) - 0.5)
    return np.asarray(np.hypot(x - cx, y - cy) - radius + uneven, np.float32)


def _grass(offshore: Field, elevation: Field) -> Field:
    patches = warped_noise(FIELD_SIZE, 6, 5, seed=15, bend=40)
    coastal = smoothstep(-0.20, -0.03, offshore) * smoothstep(0.42, 0.56, patches)
    slopes = smoothstep(70, 110, elevation) * smoothstep(190, 130, elevation) * patches
    return np.asarray(np.clip(coastal + 0.8 * slopes, 0, 1), np.float32)


def _surf(offshore: Field) -> Field:
    waves = fractal_noise(FIELD_SIZE, 40, 3, seed=16)
    band = smoothstep(0.012, 0.002, np.abs(offshore - 0.003))
    return np.asarray(band * smoothstep(0.35, 0.75, waves), np.float32)


def _town(x: Field, y: Field, offshore: Field) -> Field:
    """Blocks of houses behind the bay, on a street grid turned by 20 degrees."""
    u, v = 0.94 * x + 0.34 * y, 0.94 * y - 0.34 * x
    blocks = (np.mod(u * 46, 1) > 0.22) & (np.mod(v * 70, 1) > 0.30)
    houses = fractal_noise(FIELD_SIZE, 160, 2, seed=18)
    area = smoothstep(0.02, -0.02, _blob(x, y, 0.50, 0.60, 0.075, seed=17))
    streets_and_roofs = 0.20 + 0.65 * blocks * smoothstep(0.3, 0.7, houses)
    return np.asarray(area * smoothstep(-0.004, -0.02, offshore) * streets_and_roofs, np.float32)
