"""The picture that shows an ingest: of which Item, and how large."""

from math import cos, radians

from models.area import JsonDict

LONGEST_SIDE = 768
"""Pixels: fills a column of the Prefect UI; well below the tiler's limits."""
UNKNOWN = 101.0
"""Percent of cloud cover that an Item without one is taken to have: it comes last."""


def picture_size(bbox: list[float], longest: int = LONGEST_SIDE) -> tuple[int, int]:
    """Return width and height in pixels with the proportions that the area has on the ground.

    Args:
        bbox: west, south, east, north in WGS 84 degrees.
        longest: pixels of the longer side.
    """
    west, south, east, north = bbox
    width = (east - west) * max(cos(radians((south + north) / 2)), 0.01)
    height = north - south
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def least_cloudy(items: list[JsonDict]) -> list[JsonDict]:
    """Return the Items by cloud cover, clearest first; those without one last."""
    return sorted(items, key=_cloud_cover)


def _cloud_cover(item: JsonDict) -> float:
    cover = item["properties"].get("eo:cloud_cover")
    return UNKNOWN if cover is None else float(cover)


def coarsest_raster(item: JsonDict) -> str | None:
    """Return the key of the asset with the largest ground sample distance (metres): the smallest download."""
    rasters = {
        key: asset.get("gsd") or 0.0
        for key, asset in item["assets"].items()
        if str(asset.get("type", "")).startswith("image/") and "data" in (asset.get("roles") or [])
    }
    return max(rasters, key=lambda key: rasters[key]) if rasters else None
