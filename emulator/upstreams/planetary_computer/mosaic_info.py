"""What `/api/data/v1/mosaic/info` says of a Collection: how its pictures can be drawn."""

from emulator.json_types import JsonDict

# Brings land of 0.03-0.2 reflectance and snow of 0.6 into one picture.
_COLOR = "nodata=0&rescale=1000,7200&color_formula=Gamma RGB 1.9 Saturation 1.15 Sigmoidal RGB 4 0.4"


def mosaic_info(collection_id: str) -> JsonDict | None:
    """Return mosaics and render options of a Collection; None when nothing is known of it."""
    if collection_id != "sentinel-2-l2a":
        return None
    return {
        "mosaics": _mosaics(),
        "renderOptions": _render_options(),
        "defaultLocation": {"zoom": 13, "coordinates": [63.857, -22.425]},
        "defaultCustomQuery": {},
    }


def _mosaics() -> list[JsonDict]:
    seasons = [
        ("Dec - Feb, 2024 (low cloud)", "2023-12-01", "2024-02-29T23:59:59Z"),
        ("Jun - Aug, 2023 (low cloud)", "2023-06-01", "2023-08-31T23:59:59Z"),
        ("Mar - May, 2023 (low cloud)", "2023-03-01", "2023-05-31T23:59:59Z"),
    ]
    return [
        _mosaic("Most recent (low cloud)", [_cloud_cover_at_most(10)]),
        _mosaic("Most recent (any cloud cover)", []),
        *[_mosaic(name, [_between(start, end), _cloud_cover_at_most(20)]) for name, start, end in seasons],
    ]


def _mosaic(name: str, cql: list[JsonDict]) -> JsonDict:
    return {"name": name, "description": "", "cql": cql}


def _cloud_cover_at_most(percent: int) -> JsonDict:
    return {"op": "<=", "args": [{"property": "eo:cloud_cover"}, percent]}


def _between(start: str, end: str) -> JsonDict:
    return {"op": "anyinteracts", "args": [{"property": "datetime"}, {"interval": [start, end]}]}


def _render_options() -> list[JsonDict]:
    """Two names are alike in their first 40 characters: cutting them must not merge them."""
    ndvi, ndmi = "expression=(B08-B04)/(B08%2BB04-2000)", "expression=(B8A-B11)/(B8A%2BB11-2000)"
    return [
        _option("Natural color", "As the eye sees it: red, green and blue (B04, B03, B02).", _bands("B04 B03 B02")),
        _option("Color infrared", "Living plants are red (B08, B04, B03).", _bands("B08 B04 B03")),
        _option("Short wave infrared", "Snow is blue, cloud is white (B12, B8A, B04).", _bands("B12 B8A B04")),
        _option("Agriculture", "Vigorous plants are bright green (B11, B08, B02).", _bands("B11 B08 B02")),
        _option(
            "Normalized Difference Vegetation Index (NDVI)",
            "(B08-B04)/(B08+B04) of the reflectances: green is alive.",
            f"nodata=0&{ndvi}&rescale=-0.5,0.9&colormap_name=rdylgn",
        ),
        _option(
            "Normalized Difference Vegetation Index (NDMI variant)",
            "(B8A-B11)/(B8A+B11) of the reflectances: blue is moist.",
            f"nodata=0&{ndmi}&rescale=-0.6,0.9&colormap_name=rdbu",
        ),
        _option(
            "Scene classification", "The classes of Sen2Cor.", "assets=SCL&nodata=0&rescale=0,11&colormap_name=tab20"
        ),
    ]


def _bands(names: str) -> str:
    return "&".join(f"assets={name}" for name in names.split()) + "&" + _COLOR


def _option(name: str, description: str, options: str) -> JsonDict:
    return {"name": name, "description": description, "options": options, "minZoom": 9}
