"""The assets of a Sentinel-2 L2A Item as the Planetary Computer publishes it."""

from dataclasses import dataclass

from emulator.json_types import JsonDict

COG = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass(frozen=True)
class Band:
    """A spectral band: names, resolution in metres, centre and width in micrometres."""

    name: str
    gsd: int
    title: str
    common_name: str | None
    center: float
    width: float

    def eo_band(self) -> JsonDict:
        """The band as an entry of `eo:bands`."""
        number = self.name.removeprefix("B").lstrip("0")
        entry: JsonDict = {"name": self.name}
        if self.common_name:
            entry["common_name"] = self.common_name
        entry["description"] = f"Band {number} - {self.title}"
        return entry | {"center_wavelength": self.center, "full_width_half_max": self.width}


BANDS = (
    Band("B01", 60, "Coastal aerosol", "coastal", 0.443, 0.027),
    Band("B02", 10, "Blue", "blue", 0.49, 0.098),
    Band("B03", 10, "Green", "green", 0.56, 0.045),
    Band("B04", 10, "Red", "red", 0.665, 0.038),
    Band("B05", 20, "Vegetation red edge 1", "rededge", 0.704, 0.019),
    Band("B06", 20, "Vegetation red edge 2", "rededge", 0.74, 0.018),
    Band("B07", 20, "Vegetation red edge 3", "rededge", 0.783, 0.028),
    Band("B08", 10, "NIR", "nir", 0.842, 0.145),
    Band("B8A", 20, "Vegetation red edge 4", "rededge", 0.865, 0.033),
    Band("B09", 60, "Water vapor", None, 0.945, 0.026),
    Band("B11", 20, "SWIR (1.6)", "swir16", 1.61, 0.143),
    Band("B12", 20, "SWIR (2.2)", "swir22", 2.19, 0.242),
)
BAND_BY_NAME = {band.name: band for band in BANDS}

# Rasters beside the bands: key, resolution in metres, name in the file, title.
OTHER_RASTERS = (
    ("AOT", 10, "AOT", "Aerosol optical thickness (AOT)"),
    ("WVP", 10, "WVP", "Water vapour (WVP)"),
    ("visual", 10, "TCI", "True color image"),
    ("SCL", 20, "SCL", "Scene classification map (SCL)"),
)
METADATA = (
    ("safe-manifest", "SAFE manifest"),
    ("granule-metadata", "Granule metadata"),
    ("inspire-metadata", "INSPIRE metadata"),
    ("product-metadata", "Product metadata"),
    ("datastrip-metadata", "Datastrip metadata"),
)


@dataclass(frozen=True)
class Raster:
    """One georeferenced raster asset: its key, resolution, name in files, and definition."""

    key: str
    gsd: int
    file_name: str
    definition: JsonDict


def rasters() -> list[Raster]:
    """Every georeferenced raster of an Item, in the order of a Collection's `item_assets`."""
    found = [_band_raster(band) for band in BANDS]
    for key, gsd, file_name, title in OTHER_RASTERS:
        definition = _raster_definition(title, gsd)
        if key == "visual":
            definition["eo:bands"] = [BAND_BY_NAME[name].eo_band() for name in ("B04", "B03", "B02")]
        found.append(Raster(key, gsd, file_name, definition))
    return sorted(found, key=lambda raster: raster.key)


def metadata_definition(title: str) -> JsonDict:
    """Definition of an XML asset."""
    return {"title": title, "type": "application/xml", "roles": ["metadata"]}


def preview_definition() -> JsonDict:
    """Definition of the `preview` asset."""
    return {"title": "Thumbnail", "type": COG, "roles": ["thumbnail"]}


def item_assets() -> JsonDict:
    """The Collection's `item_assets`."""
    defined = {raster.key: raster.definition for raster in rasters()}
    defined["preview"] = preview_definition()
    return defined | {key: metadata_definition(title) for key, title in METADATA}


def _band_raster(band: Band) -> Raster:
    title = f"{band.eo_band()['description']} - {band.gsd}m"
    definition = _raster_definition(title, band.gsd) | {"eo:bands": [band.eo_band()]}
    return Raster(band.name, band.gsd, band.name, definition)


def _raster_definition(title: str, gsd: int) -> JsonDict:
    return {"title": title, "type": COG, "roles": ["data"], "gsd": float(gsd)}
