"""The area of a request, given in one of four ways."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.area import BBox, Geometry, bounds_of

AREA_FIELDS = ("bbox", "geometry", "areas", "geojson_file")
"""Members of a request that name its area; one of them is given."""
AreaName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$")]


class Request(BaseModel):
    """A request: unknown fields are refused, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class AreaQuery(Request):
    """What lies in an area."""

    instead_of_area: ClassVar[str] = ""
    """What a request may name in the place of an area, in words."""

    bbox: BBox | None = Field(default=None, title="Bounding box")
    """West, south, east, north in WGS 84 degrees. Give this, or one of the next three."""
    geometry: Geometry | None = Field(default=None, title="GeoJSON geometry")
    """GeoJSON Polygon or MultiPolygon in WGS 84 degrees."""
    areas: list[AreaName] = Field(default_factory=list, title="Named areas")
    """Names of GeoJSON files in deployments/areas, without their ending; what lies in several is taken once."""
    geojson_file: str | None = Field(default=None, min_length=1, title="GeoJSON file")
    """Path of a GeoJSON file with one or several areas, on the machine that runs the flow."""

    @model_validator(mode="after")
    def _one_area(self) -> "AreaQuery":
        given = [name for name in AREA_FIELDS if getattr(self, name)]
        if len(given) > 1 or (not given and self.needs_area):
            raise ValueError(
                f"give exactly one of bbox, geometry, areas and geojson_file as the area{self.instead_of_area};"
                f" got {' and '.join(given) or 'none of them'}"
            )
        return self

    @property
    def needs_area(self) -> bool:
        """Tell whether the area says what is meant."""
        return True

    @property
    def bounds(self) -> list[float] | None:
        """[west, south, east, north] of the bbox or geometry, WGS 84 degrees; None if the area is given otherwise."""
        return self.bbox or (bounds_of(self.geometry) if self.geometry else None)
