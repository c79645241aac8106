"""Bottom-of-atmosphere reflectance of one scene, by mixing classes."""

from dataclasses import dataclass

import numpy as np

from emulator.content.grid import FIELD_SIZE
from emulator.content.landscape import Landscape, landscape
from emulator.content.noise import Field, fractal_noise, shifted, smoothstep, warped_noise
from emulator.content.scenes import Scene

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

# Reflectance by band, in the order of BANDS: round numbers of the usual shape of each class.
SPECTRA = {
    "deep": (0.050, 0.046, 0.036, 0.020, 0.014, 0.011, 0.010, 0.009, 0.008, 0.006, 0.004, 0.003),
    "shallow": (0.066, 0.072, 0.078, 0.036, 0.024, 0.016, 0.014, 0.012, 0.011, 0.008, 0.005, 0.004),
    "surf": (0.300, 0.320, 0.320, 0.310, 0.290, 0.270, 0.260, 0.250, 0.240, 0.180, 0.080, 0.050),
    "lagoon": (0.190, 0.270, 0.330, 0.210, 0.110, 0.070, 0.060, 0.050, 0.040, 0.030, 0.015, 0.010),
    "lava": (0.040, 0.040, 0.043, 0.046, 0.050, 0.054, 0.058, 0.062, 0.066, 0.068, 0.090, 0.084),
    "moss": (0.050, 0.056, 0.080, 0.080, 0.105, 0.145, 0.160, 0.172, 0.185, 0.185, 0.190, 0.135),
    "green": (0.030, 0.036, 0.074, 0.042, 0.110, 0.270, 0.330, 0.370, 0.380, 0.350, 0.210, 0.100),
    "straw": (0.056, 0.064, 0.092, 0.112, 0.140, 0.168, 0.185, 0.205, 0.220, 0.210, 0.260, 0.185),
    "town": (0.130, 0.150, 0.165, 0.180, 0.195, 0.205, 0.210, 0.220, 0.225, 0.220, 0.230, 0.200),
    "snow": (0.600, 0.620, 0.610, 0.600, 0.590, 0.580, 0.570, 0.560, 0.540, 0.440, 0.070, 0.050),
}
CLOUD = (0.640, 0.660, 0.660, 0.665, 0.675, 0.685, 0.690, 0.700, 0.700, 0.430, 0.520, 0.430)


@dataclass(frozen=True)
class Weather:
    """What lies over the land in one scene; fields of 0..1.

    Attributes:
        snow: share of snow on the ground.
        cloud: opacity of clouds.
        shadow: darkness of their shadows.
    """

    snow: Field
    cloud: Field
    shadow: Field


def weather_of(scene: Scene) -> Weather:
    """Draw snow and clouds so that they cover the shares that the scene asks for."""
    land = landscape()
    cloud = _clouds(scene)
    shadow = shifted(cloud, -14, 9) * (1 - cloud)
    return Weather(_snow(scene, land), cloud, np.asarray(shadow, np.float32))


def class_shares(scene: Scene, weather: Weather) -> dict[str, Field]:
    """Share of each class of SPECTRA in every pixel; they sum to 1."""
    land = landscape()
    sea = 1 - land.land
    bare_of_snow = (1 - weather.snow) * land.land
    moss, town, grass = land.moss * (1 - land.town), land.town, land.grass * (1 - land.town)
    lava = np.clip(1 - moss - town - grass - land.lagoon, 0, 1)
    green = np.clip(scene.green * (0.75 + 0.5 * land.roughness), 0, 1)
    water = sea * (1 - land.surf)
    return {
        "deep": water * land.depth,
        "shallow": water * (1 - land.depth),
        "surf": sea * land.surf,
        "lagoon": land.lagoon * land.land,
        "lava": lava * bare_of_snow,
        "moss": moss * (1 - 0.35 * green) * bare_of_snow,
        "green": (grass * green + moss * 0.35 * green) * bare_of_snow,
        "straw": grass * (1 - green) * bare_of_snow,
        "town": town * bare_of_snow,
        "snow": weather.snow * land.land * (1 - land.lagoon),
    }


def reflectance(scene: Scene, weather: Weather, shares: dict[str, Field]) -> Field:
    """Reflectance (12, FIELD_SIZE, FIELD_SIZE), mostly 0..1, in the order of BANDS."""
    ground = np.zeros((len(BANDS), FIELD_SIZE, FIELD_SIZE), np.float32)
    for name, share in shares.items():
        for band, brightness in zip(ground, SPECTRA[name], strict=True):
            band += share * np.float32(brightness)
    ground *= _illumination(scene) * (1 - 0.55 * weather.shadow) * _grain(scene)
    billows = 0.55 + 0.50 * warped_noise(FIELD_SIZE, 9, 7, scene.seed + 3, bend=30)
    cloud = np.array(CLOUD, np.float32)[:, None, None] * billows
    return np.asarray(ground + (cloud - ground) * weather.cloud, np.float32)


def _clouds(scene: Scene) -> Field:
    shape = warped_noise(FIELD_SIZE, 4, 7, scene.seed, bend=60)
    threshold = float(np.quantile(shape, 1 - scene.clouds))
    return 0.97 * smoothstep(threshold - 0.05, threshold + 0.16, shape)


def _snow(scene: Scene, land: Landscape) -> Field:
    if scene.snow == 0:
        return np.zeros_like(land.land)
    lasting = 0.22 * fractal_noise(FIELD_SIZE, 5, 4, scene.seed + 1)
    lasting += 0.30 * fractal_noise(FIELD_SIZE, 22, 5, scene.seed + 5)
    lasting += 0.22 * (1 - land.roughness) + 0.45 * np.clip(land.elevation / 180, 0, 1)
    lasting += 0.08 * land.grass
    on_land = lasting[(land.land > 0.5) & (land.lagoon < 0.5)]
    threshold = float(np.quantile(on_land, 1 - scene.snow))
    cover = smoothstep(threshold - 0.05, threshold + 0.16, lasting)
    return np.asarray(cover * (1 - land.lagoon) * (1 - 0.5 * land.town) * land.land, np.float32)


def _illumination(scene: Scene) -> Field:
    """Slopes towards the sun are brighter; softened, as L2A corrects for part of it."""
    zenith, azimuth = (np.radians(angle) for angle in scene.sun())
    zenith = min(zenith, np.radians(68))
    south, east = np.gradient(landscape().elevation, 10.0)
    towards_sun = np.sin(azimuth) * -east + np.cos(azimuth) * south
    light = (np.cos(zenith) + np.sin(zenith) * towards_sun) / np.cos(zenith)
    return np.asarray(np.clip(0.35 + 0.65 * light, 0.30, 1.8), np.float32)


def _grain(scene: Scene) -> Field:
    """Roughness of lava and swell of the sea at full size, and some noise of the sensor."""
    land = landscape()
    rng = np.random.default_rng(scene.seed + 2)
    noise = 0.02 * rng.standard_normal((FIELD_SIZE, FIELD_SIZE), dtype=np.float32)
    rough = 0.7 * (land.roughness - 0.45) * land.land
    swell = 0.25 * (fractal_noise(FIELD_SIZE, 64, 3, scene.seed + 4) - 0.5) * (1 - land.land)
    return np.asarray(1 + noise + rough + swell, np.float32)
