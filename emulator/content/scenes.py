"""Which scenes exist: six in one week of February 2024 and one in every month of 2023."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emulator.content.grid import MGRS_TILE

LATITUDE, LONGITUDE = 63.86, -22.42
# Launch, and absolute minus relative orbit modulo the 143 orbits of the 10 day cycle.
_LAUNCHES = {
    "S2A": (datetime(2015, 6, 23, tzinfo=UTC), -3),
    "S2B": (datetime(2017, 3, 7, tzinfo=UTC), 26),
}


@dataclass(frozen=True)
class Scene:
    """One acquisition and the weather it meets.

    Attributes:
        platform: `S2A` or `S2B`.
        start: beginning of the datatake (UTC); part of every name.
        orbit: relative orbit, 1..143.
        clouds: share of the scene that clouds cover, 0..1.
        snow: share of the land that snow covers, 0..1.
        green: how green the vegetation is, 0 (winter) to 1 (July).
        seed: of this scene's clouds and pixel noise.
    """

    platform: str
    start: datetime
    orbit: int
    clouds: float
    snow: float
    green: float
    seed: int

    @property
    def generated(self) -> datetime:
        """When the product was made: some hours after the datatake."""
        return self.start + timedelta(seconds=4112 + 37 * self.orbit)

    @property
    def sensed(self) -> datetime:
        """When this tile passed under the instrument."""
        return self.start + timedelta(seconds=2.024)

    @property
    def absolute_orbit(self) -> int:
        """An orbit number that fits the relative orbit, as `A{number}` in granule names."""
        launched, offset = _LAUNCHES[self.platform]
        elapsed = round((self.start - launched) / timedelta(days=1) * 14.3)
        return elapsed + (self.orbit + offset - elapsed + 71) % 143 - 71

    @property
    def item_id(self) -> str:
        """Item ID in the Planetary Computer's form (no processing baseline in it)."""
        return f"{self._name}_R{self.orbit:03d}_T{MGRS_TILE}_{compact(self.generated)}"

    @property
    def product_name(self) -> str:
        """Name of the `.SAFE` folder."""
        baseline = f"N0510_R{self.orbit:03d}_T{MGRS_TILE}"
        return f"{self._name}_{baseline}_{compact(self.generated)}.SAFE"

    @property
    def granule_name(self) -> str:
        """Name of the folder below `GRANULE/`."""
        tile_start = self.start + timedelta(seconds=2)
        return f"L2A_T{MGRS_TILE}_A{self.absolute_orbit:06d}_{compact(tile_start)}"

    @property
    def _name(self) -> str:
        return f"{self.platform}_MSIL2A_{compact(self.start)}"

    def sun(self) -> tuple[float, float]:
        """Zenith and azimuth of the sun in degrees, to about a degree."""
        day = self.start.timetuple().tm_yday
        declination = math.radians(-23.44 * math.cos(2 * math.pi * (day + 10) / 365.25))
        hours = self.start.hour + self.start.minute / 60 + LONGITUDE / 15 - 12
        hour_angle, latitude = math.radians(15 * hours), math.radians(LATITUDE)
        height = math.asin(
            math.sin(latitude) * math.sin(declination)
            + math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
        )
        east = -math.sin(hour_angle) * math.cos(declination)
        north = (math.sin(declination) - math.sin(height) * math.sin(latitude)) / math.cos(latitude)
        return 90 - math.degrees(height), math.degrees(math.atan2(east, north)) % 360


def compact(moment: datetime) -> str:
    """`20240205T131149`, as in names of Sentinel-2 products."""
    return moment.strftime("%Y%m%dT%H%M%S")


def _scene(platform: str, start: str, orbit: int, weather: tuple[float, float, float]) -> Scene:
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return Scene(platform, moment, orbit, *weather, seed=int(moment.strftime("%y%m%d")))


# Neighbouring tracks are 3 days and 10 minutes apart; S2A flies 5 days after S2B.
SCENES: tuple[Scene, ...] = (
    _scene("S2A", "2024-02-04T12:51:51", 52, (0.72, 0.55, 0.05)),
    _scene("S2B", "2024-02-05T13:11:49", 138, (0.02, 0.40, 0.05)),
    _scene("S2A", "2024-02-07T13:01:41", 95, (0.38, 0.42, 0.05)),
    _scene("S2B", "2024-02-08T13:21:39", 38, (0.14, 0.62, 0.05)),
    _scene("S2A", "2024-02-10T13:11:51", 138, (0.93, 0.70, 0.05)),
    _scene("S2B", "2024-02-11T13:31:39", 81, (0.55, 0.66, 0.05)),
    _scene("S2A", "2023-01-16T13:13:31", 138, (0.22, 0.75, 0.00)),
    _scene("S2A", "2023-02-15T13:11:41", 138, (0.61, 0.60, 0.05)),
    _scene("S2A", "2023-03-17T13:12:01", 138, (0.10, 0.38, 0.10)),
    _scene("S2A", "2023-04-16T13:11:51", 138, (0.07, 0.10, 0.25)),
    _scene("S2A", "2023-05-16T13:11:51", 138, (0.33, 0.02, 0.55)),
    _scene("S2A", "2023-06-15T13:11:51", 138, (0.01, 0.00, 0.90)),
    _scene("S2A", "2023-07-15T13:11:51", 138, (0.05, 0.00, 1.00)),
    _scene("S2A", "2023-08-14T13:11:51", 138, (0.17, 0.00, 0.85)),
    _scene("S2A", "2023-09-13T13:11:41", 138, (0.46, 0.00, 0.60)),
    _scene("S2A", "2023-10-13T13:12:11", 138, (0.69, 0.04, 0.30)),
    _scene("S2B", "2023-11-17T13:12:59", 138, (0.29, 0.25, 0.10)),
    _scene("S2B", "2023-12-17T13:13:09", 138, (0.88, 0.55, 0.00)),
)

THUMBNAIL_SCENE = next(scene.item_id for scene in SCENES if scene.start.month == 7)
