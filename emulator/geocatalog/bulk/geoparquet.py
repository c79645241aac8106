"""Reads the Items of a stac-geoparquet file."""

from typing import Any

from emulator.geocatalog.item_rules import ItemRejected
from emulator.json_types import JsonDict

REQUIRED = {"id", "geometry", "assets", "stac_version"}


def geoparquet_items(data: bytes, url: str) -> list[JsonDict]:
    """Return all Items of a file.

    Raises:
        ItemRejected: it is no stac-geoparquet.
    """
    try:
        return [_without_empty_assets(item) for item in _items(data)]
    except ItemRejected:
        raise
    except Exception as error:  # the reader raises whatever its columns meet
        raise _invalid(f"{type(error).__name__}: {error}", url) from None


def _items(data: bytes) -> Any:
    # Takes a second to import: only those who need it should wait.
    import pyarrow as pa
    import pyarrow.parquet
    from stac_geoparquet.arrow import stac_table_to_items

    table = pa.parquet.read_table(pa.BufferReader(data))
    if missing := REQUIRED - set(table.column_names):
        raise ValueError(f"the columns {', '.join(sorted(missing))} are missing")
    return stac_table_to_items(table)


def _without_empty_assets(item: JsonDict) -> JsonDict:
    """Drop what other Items of the same file have and this one has not: columns leave no gaps."""
    assets = {key: _filled(asset) for key, asset in (item.get("assets") or {}).items() if asset}
    return {**item, "assets": assets}


def _filled(asset: JsonDict) -> JsonDict:
    return {name: value for name, value in asset.items() if value is not None}


def _invalid(reason: str, url: str) -> ItemRejected:
    return ItemRejected("InvalidGeoparquet", f"The file is not valid stac-geoparquet: {reason}. Source: {url}")
