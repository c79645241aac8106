"""Generate Items whose bytes the emulator stands in for."""

from collections.abc import Iterator
from typing import Any

ACCOUNT = "https://manyitems01.blob.core.windows.net/scenes"


def many_items(count: int, collection_id: str, assets: int = 3) -> Iterator[dict[str, Any]]:
    """Yield Items of January 2024, a minute apart, in a box of 1 degree at longitude 10, latitude 50."""
    for number in range(count):
        west, south = 10 + (number % 20) * 0.05, 50 + (number // 20 % 20) * 0.05
        ring = [[west, south], [west + 0.04, south], [west + 0.04, south + 0.04], [west, south + 0.04], [west, south]]
        item_id = f"scene-{number:05d}"
        yield {
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": ["https://stac-extensions.github.io/eo/v1.0.0/schema.json"],
            "id": item_id,
            "collection": collection_id,
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "bbox": [west, south, west + 0.04, south + 0.04],
            "properties": {
                "datetime": f"2024-01-{1 + number // 1440 % 31:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00.024Z",
                "eo:cloud_cover": float(number % 100),
            },
            "assets": {
                f"B{band:02d}": {
                    "href": f"{ACCOUNT}/{item_id}/B{band:02d}.tif",
                    "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                    "roles": ["data"],
                    "gsd": 10.0 * band,
                }
                for band in range(1, assets + 1)
            },
            "links": [],
        }


MANY_BBOX = [9.9, 49.9, 11.1, 51.1]
MANY_RANGE = "2024-01-01/2024-01-31"
