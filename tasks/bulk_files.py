"""Write what a bulk ingestion reads, one Item after the other: a part of 10,000 would take a gigabyte of memory."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from clients.blob import BlobContainer
from models.area import JsonDict
from stac.static_catalog import item_path, static_catalog
from tasks.spool import ItemSpool

CHUNK = 500
"""Items in memory at once, and rows of a group in the geoparquet file."""
THREADS = 16
"""Item files sent at once."""


class BulkFiles:
    """Stages Items from the spool below one folder of the staging container.

    Args:
        folder: path in the container, without slashes at its ends.
    """

    def __init__(self, blobs: BlobContainer, spool: ItemSpool, folder: str) -> None:
        self._blobs = blobs
        self._spool = spool
        self._folder = folder

    def stage(self, import_type: str, item_ids: tuple[str, ...]) -> str:
        """Stage Items, at least one; return the URL that an ingestion of this import type reads."""
        return self._geoparquet(item_ids) if import_type == "StacGeoparquet" else self._catalog(item_ids)

    def _geoparquet(self, item_ids: tuple[str, ...]) -> str:
        with TemporaryDirectory(prefix="geocatalog-bulk-") as folder:
            path = Path(folder, "items.parquet")
            write_geoparquet(map(self._spool.read, item_ids), path)
            return self._blobs.put(f"{self._folder}/items.parquet", path, "application/vnd.apache.parquet").url

    def _catalog(self, item_ids: tuple[str, ...]) -> str:
        with ThreadPoolExecutor(THREADS) as threads:
            for _ in threads.map(self._put_item, item_ids):
                pass  # raises what a thread raised
        document = static_catalog(self._folder.replace("/", "-"), item_ids)  # last: all that it links to is there
        return self._put_json("catalog.json", document, "application/json")

    def _put_item(self, item_id: str) -> None:
        self._put_json(item_path(item_id), self._spool.read(item_id), "application/geo+json")

    def _put_json(self, path: str, document: JsonDict, media_type: str) -> str:
        return self._blobs.put(f"{self._folder}/{path}", _compact(document), media_type).url


def write_geoparquet(items: Iterable[JsonDict], path: Path) -> None:
    """Write Items, at least one, as stac-geoparquet; they are read twice, first for the columns that all of them need.

    Args:
        path: of the new file.
    """
    from stac_geoparquet.arrow import parse_stac_ndjson_to_parquet  # takes a second, and is in the extra `bulk`

    lines = path.with_suffix(".ndjson")
    with lines.open("wb") as file:
        file.writelines(_compact(item) + b"\n" for item in items)
    parse_stac_ndjson_to_parquet(lines, path, chunk_size=CHUNK)
    lines.unlink()


def _compact(document: JsonDict) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
