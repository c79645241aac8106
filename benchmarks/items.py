"""Items for benchmarks: as many as asked for, three assets each."""

import json
from pathlib import Path
from typing import Any

COLLECTION = "benchmark"
ACCOUNT = "https://benchmark01.blob.core.windows.net/scenes"
BBOX = [9.0, 49.0, 12.0, 52.0]
RANGE = "2024-01-01/2024-12-31"


def write_items(path: Path, count: int) -> None:
    """Write generated Items, one JSON a line, a minute apart."""
    with path.open("w") as lines:
        for number in range(count):
            lines.write(json.dumps(_item(number)) + "\n")


def _item(number: int) -> dict[str, Any]:
    west, south = 10 + number % 20 * 0.05, 50 + number // 20 % 20 * 0.05
    east, north = west + 0.04, south + 0.04
    item_id = f"scene-{number:06d}"
    day, minute = divmod(number, 1440)
    asset = {"type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["data"]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": item_id,
        "collection": COLLECTION,
        "bbox": [west, south, east, north],
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        },
        "properties": {
            "datetime": f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z",
            "eo:cloud_cover": float(number % 100),
        },
        "assets": {f"B{band:02d}": {**asset, "href": f"{ACCOUNT}/{item_id}/B{band:02d}.tif"} for band in (1, 2, 3)},
        "links": [],
    }
