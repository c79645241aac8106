"""How ObservEarth limits, refuses and slows its clients."""

from pydantic import Field

from emulator.config_section import Section


class ObservEarthConfig(Section):
    """The one account, and what its requests meet."""

    api_key: str = Field(
        default="5a7c1e52-8f0b-4c6e-9d38-2b61f4a0c7e9", description="Value that X-API-Key must have; well known."
    )
    page_size: int = Field(default=50, ge=1, le=1000, description="Geometries on a page that asks for no size.")
    slow_seconds: float = Field(default=0.0, ge=0, le=3600, description="Real time before every answer.")
    search_cap: int | None = Field(default=None, ge=1, description="Most Items that a search names; it counts all.")
    unique_names: bool = Field(default=False, description="Refuse a geometry whose name exists; else it is one more.")
    max_hectares: float = Field(default=50_000.0, gt=0, description="A larger geometry is refused.")
    null_dates: list[str] = Field(default_factory=list, description="Days (YYYY-MM-DD) whose mean_value is null.")
    denied: list[str] = Field(default_factory=list, description="Names of geometries whose use answers 403.")
