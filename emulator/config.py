"""How slow, how limited and how broken the emulator is."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from emulator.config_section import Section
from emulator.upstreams.copernicus.config import CopernicusConfig
from emulator.upstreams.observearth.config import ObservEarthConfig

Role = Literal["GeoCatalog Administrator", "GeoCatalog Reader", "none"]


class LatencyConfig(Section):
    """Time that every request under /stac, /inma, /sas and /data waits before it is answered."""

    seconds: float = Field(default=0.0, ge=0, le=60)
    jitter: float = Field(default=0.0, ge=0, le=60, description="Seconds, added or subtracted at most.")


class OperationsConfig(Section):
    """How long operations take. The real service needs 1-22 s."""

    min_seconds: float = Field(default=1.0, ge=0)
    max_seconds: float = Field(default=3.0, ge=0)
    collection_min_seconds: float = Field(default=0.5, ge=0)
    collection_max_seconds: float = Field(default=1.0, ge=0)
    slots: int | None = Field(default=None, ge=1, description="Operations that run at once; null: all.")
    bulk_item_seconds: float = Field(
        default=0.02, ge=0, description="Mean time that a bulk run needs for one Item, after it has read its catalog."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """Refuse a minimum above its maximum."""
        if self.min_seconds > self.max_seconds:
            raise ValueError("operations.min_seconds is above operations.max_seconds")
        if self.collection_min_seconds > self.collection_max_seconds:
            raise ValueError("operations.collection_min_seconds is above its maximum")
        return self


class IdentityConfig(Section):
    """What the local identity endpoint issues."""

    token_seconds: int = Field(default=3600, ge=1, description="Life of an access token.")
    role: Role = "GeoCatalog Administrator"
    roles: dict[str, Role] = Field(default_factory=dict, description="Role by client_id.")
    expired: bool = Field(default=False, description="Tokens that look fresh to the client but are refused as expired.")
    header: str = Field(default="local", description="Value that X-IDENTITY-HEADER must have.")


class SasConfig(Section):
    """SAS tokens of the public Planetary Computer."""

    upstream_minutes: float = Field(default=45.0, gt=0)


class SearchConfig(Section):
    """Paging of the GeoCatalog's search."""

    page_limit: int = Field(default=1000, ge=1, le=10000, description="Most Items on one page.")


class TilerConfig(Section):
    """The version of the tiler."""

    aligns: bool = Field(
        default=True,
        description="Statistics of a Feature widen its box to whole pixels: titiler does since 0.17 (January 2024).",
    )


class UpstreamConfig(Section):
    """How the upstream's STAC search misleads those who trust it."""

    search_cap: int | None = Field(
        default=None, ge=1, description="Most Items on all pages of one search together; then no next link."
    )
    broken_next_after: int | None = Field(
        default=None, ge=1, description="After so many pages the next link is missing, though there is more."
    )
    repeat_page: bool = Field(default=False, description="Each page begins with the last Item of the one before.")
    number_matched: bool = Field(
        default=False, description="Say numberMatched (all that match, capped or not); the real upstream does not."
    )


class EmulatorConfig(Section):
    """Everything that can be set by file, or while running under /_emulator/config."""

    public_url: str = Field(default="http://127.0.0.1:8090", description="Written into every link and href.")
    seed: int = 0
    latency: LatencyConfig = LatencyConfig()
    operations: OperationsConfig = OperationsConfig()
    identity: IdentityConfig = IdentityConfig()
    sas: SasConfig = SasConfig()
    search: SearchConfig = SearchConfig()
    tiler: TilerConfig = TilerConfig()
    upstream: UpstreamConfig = UpstreamConfig()
    copernicus: CopernicusConfig = CopernicusConfig()
    observearth: ObservEarthConfig = ObservEarthConfig()
    recreate_after_delete_seconds: float = Field(
        default=0.0, ge=0, description="POST of a deleted Collection answers 409 for so long; real: 45."
    )
    max_feature_collection: int | None = Field(
        default=None, ge=1, description="Most Items in one POST; null: no limit."
    )

    def changed(self, changes: dict[str, Any]) -> "EmulatorConfig":
        """Return a validated copy with a partial, nested update applied.

        Raises:
            pydantic.ValidationError: a name is unknown or a value out of range.
        """
        return EmulatorConfig.model_validate(_merged(self.model_dump(), changes))


def load_config(path: Path | None) -> EmulatorConfig:
    """Read a TOML file; without a path, the defaults.

    Raises:
        OSError: the file cannot be read.
        tomllib.TOMLDecodeError, pydantic.ValidationError: its content is wrong.
    """
    if path is None:
        return EmulatorConfig()
    return EmulatorConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


_WHOLE = ("roles", "mishaps")  # replaced, not merged: else nothing could be taken out again


def _merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(old.get(key), dict) and key not in _WHOLE
        merged[key] = _merged(old[key], value) if nested else value
    return merged
