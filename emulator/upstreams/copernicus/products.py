"""One product of the catalogue: what can be asked for, its record, and its bytes."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import shapely

from emulator.chance import unit_interval
from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.bodies import Body, Checksums, checksums_of

NEVER = "9999-12-31T23:59:59.999999Z"
DELETED_AFTER = timedelta(days=30)
"""From publication: when a product that is deleted at all was deleted."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "geocatalog-emulator/copernicus")
_TYPES = {str: "String", int: "Integer", float: "Double", datetime: "DateTimeOffset", bool: "Boolean"}


@dataclass(frozen=True)
class Facts:
    """What is known of a product without its bytes.

    Attributes:
        name: with its suffix `.SAFE`, `.SEN3`, ...
        collection: such as `SENTINEL-2`.
        start: beginning of sensing (UTC).
        end: end of sensing (UTC).
        geometry: GeoJSON in WGS 84 degrees; None for auxiliary data.
        folder: `/eodata/...` without the name.
        attributes: values of str, int, float or datetime.
        delay: from sensing to publication.
    """

    name: str
    collection: str
    start: datetime
    end: datetime
    geometry: JsonDict | None
    folder: str
    attributes: dict[str, Any] = field(default_factory=dict)
    delay: timedelta = timedelta(hours=7, minutes=12, seconds=34.567891)

    @property
    def published(self) -> datetime:
        """When the catalogue first had it."""
        return self.end + self.delay


class Product:
    """A product whose bytes are made when they are first needed; thread-safe enough, as making them is repeatable."""

    def __init__(self, facts: Facts, make_body: Callable[[], Body]) -> None:
        self.facts = facts
        self.id = str(uuid.uuid5(_NAMESPACE, facts.name))
        self._make_body = make_body

    @cached_property
    def body(self) -> Body:
        """The zip."""
        return self._make_body()

    @cached_property
    def checksums(self) -> Checksums:
        """Of the zip."""
        return checksums_of(self.body)

    @cached_property
    def shape(self) -> shapely.Geometry | None:
        """The footprint, for comparison."""
        geometry = self.facts.geometry
        return shapely.geometry.shape(geometry) if geometry else None

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Attributes by name, the two of time among them."""
        times = {"beginningDateTime": self.facts.start, "endingDateTime": self.facts.end}
        return {"origin": "ESA", **self.facts.attributes, **times}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Values that a filter can name, by path."""
        facts = self.facts
        return {
            "Id": self.id,
            "Name": facts.name,
            "Collection/Name": facts.collection,
            "ContentDate/Start": facts.start,
            "ContentDate/End": facts.end,
            "OriginDate": facts.published - timedelta(minutes=41),
            "PublicationDate": facts.published,
            "ModificationDate": facts.published + timedelta(seconds=3.21),
            "DeletionDate": facts.published + DELETED_AFTER,
            "EvictionDate": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
            "ContentType": "application/octet-stream",
            "Online": True,
        }

    def record(self) -> JsonDict:
        """Return what OData answers, without anything that is expanded; makes the bytes."""
        times = {name: wire_time(value) for name, value in self.fields.items() if name.endswith("onDate")}
        footprint = self.shape
        return {
            "@odata.mediaContentType": "application/octet-stream",
            "Id": self.id,
            "Name": self.facts.name,
            "ContentType": "application/octet-stream",
            "ContentLength": self.body.size,
            "OriginDate": wire_time(self.fields["OriginDate"], digits=3),
            **{name: times[name] for name in ("PublicationDate", "ModificationDate")},
            "Online": True,
            "EvictionDate": NEVER,
            "S3Path": f"{self.facts.folder}/{self.facts.name}",
            "Checksum": self._checksum_records(),
            "ContentDate": {"Start": wire_time(self.facts.start), "End": wire_time(self.facts.end)},
            "Footprint": f"geography'SRID=4326;{footprint.wkt}'" if footprint else None,
            "GeoFootprint": self.facts.geometry,
        }

    def attribute_records(self) -> list[JsonDict]:
        """Return what `$expand=Attributes` adds."""
        return [_attribute(name, value) for name, value in self.attributes.items()]

    def asset_records(self, root: str) -> list[JsonDict]:
        """Return what `$expand=Assets` adds: a quicklook, whose id leads nowhere here."""
        asset_id = uuid.uuid5(_NAMESPACE, f"quicklook/{self.facts.name}")
        link = f"{root}/Assets({asset_id})/$value"
        path = f"{self.facts.folder}/{self.facts.name}"
        return [{"Type": "QUICKLOOK", "Id": str(asset_id), "DownloadLink": link, "S3Path": path}]

    def location_records(self, download_root: str) -> list[JsonDict]:
        """Return what `$expand=Locations` adds."""
        return [
            {
                "FormatType": "Extracted",
                "DownloadLink": f"{download_root}/Products({self.id})/$value",
                "ContentLength": self.body.size,
                "Checksum": self._checksum_records(),
                "S3Path": f"{self.facts.folder}/{self.facts.name}",
            }
        ]

    def _checksum_records(self) -> list[JsonDict]:
        sums, when = self.checksums, self.facts.published + timedelta(seconds=1.5)
        return [
            {"Value": sums.md5, "Algorithm": "MD5", "ChecksumDate": wire_time(when)},
            {"Value": sums.blake3, "Algorithm": "BLAKE3", "ChecksumDate": wire_time(when + timedelta(seconds=0.4))},
        ]

    def draw(self, seed: int, kind: str) -> float:
        """Return 0 to 1: the product's own chance, the same on every run."""
        return unit_interval(seed, kind, self.facts.name)


def wire_time(moment: datetime, *, digits: int = 6) -> str:
    """Format a time as the catalogue does: six fractional digits (OriginDate: three and zeros), and Z."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text[: 20 + digits]:0<26}Z"


def _attribute(name: str, value: Any) -> JsonDict:
    kind = _TYPES[type(value)]
    shown = wire_time(value) if isinstance(value, datetime) else value
    return {"@odata.type": f"#OData.CSC.{kind}Attribute", "Name": name, "Value": shown, "ValueType": kind}
