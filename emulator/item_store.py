"""Collections and Items in one SQLite file, behind both STAC APIs of the emulator.

Three things make it fast: documents lie apart from the rows that a search scans, the plan
is chosen by counting R*Tree hits first, and Items are joined to their documents last.
"""

import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import shapely

from emulator.clock import parse_time
from emulator.cql2_sqlite import register_functions
from emulator.database import Database
from emulator.item_query import ItemQuery
from emulator.json_types import JsonDict
from emulator.search import EARLIEST_MS, LATEST_MS, SearchRequest

SCHEMA = """
CREATE TABLE IF NOT EXISTS collection(id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS item(
    pk INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL,
    t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
    minx REAL, maxx REAL, miny REAL, maxy REAL, geom BLOB, props TEXT NOT NULL,
    UNIQUE(collection, id));
CREATE TABLE IF NOT EXISTS doc(pk INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS item_rt USING rtree(pk, minx, maxx, miny, maxy);
CREATE INDEX IF NOT EXISTS item_time ON item(t0 DESC, id DESC);
CREATE INDEX IF NOT EXISTS item_collection_time ON item(collection, t0 DESC, id DESC);
CREATE INDEX IF NOT EXISTS item_cloud ON item(collection, json_extract(props, '$."eo:cloud_cover"'));
"""
UPSERT_ITEM = """
INSERT INTO item(collection, id, t0, t1, minx, maxx, miny, maxy, geom, props)
VALUES(?,?,?,?,?,?,?,?,?,?)
ON CONFLICT(collection, id) DO UPDATE SET t0=excluded.t0, t1=excluded.t1, minx=excluded.minx,
    maxx=excluded.maxx, miny=excluded.miny, maxy=excluded.maxy, geom=excluded.geom, props=excluded.props
RETURNING pk
"""


@dataclass(frozen=True)
class SearchPage:
    """One page of Items, in order."""

    items: list[JsonDict]
    next_token: str | None
    """Pass as `SearchRequest.token` for the next page; None on the last one."""
    matched: int
    """Items on all pages together."""


class ItemStore:
    """Thread-safe store of one STAC catalog: one writer at a time, readers never wait."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self.database = Database(path, register_functions)
        self.database.execute_script(SCHEMA)

    def put_collection(self, collection: JsonDict) -> None:
        """Add or replace one Collection."""
        with self.database.transaction() as db:
            row = (collection["id"], orjson.dumps(collection))
            db.execute("INSERT OR REPLACE INTO collection VALUES(?,?)", row)

    def get_collection(self, collection_id: str) -> JsonDict | None:
        """Return one Collection, or None."""
        query = "SELECT body FROM collection WHERE id=?"
        row = self.database.reader().execute(query, (collection_id,)).fetchone()
        return _document(orjson.loads(row["body"])) if row else None

    def list_collections(self) -> list[JsonDict]:
        """Return all Collections by id."""
        rows = self.database.reader().execute("SELECT body FROM collection ORDER BY id")
        return [_document(orjson.loads(row["body"])) for row in rows]

    def delete_collection(self, collection_id: str) -> None:
        """Delete a Collection and its Items; a missing one is fine."""
        with self.database.transaction() as db:
            pks = "(SELECT pk FROM item WHERE collection=?)"
            db.execute(f"DELETE FROM doc WHERE pk IN {pks}", (collection_id,))
            db.execute(f"DELETE FROM item_rt WHERE pk IN {pks}", (collection_id,))
            db.execute("DELETE FROM item WHERE collection=?", (collection_id,))
            db.execute("DELETE FROM collection WHERE id=?", (collection_id,))

    def put_items(self, items: Iterable[JsonDict]) -> None:
        """Add or replace Items in one transaction; `item["collection"]` names the Collection.

        Raises:
            KeyError, ValueError: an Item lacks id or collection, has no readable datetime,
                or a geometry that is no GeoJSON. Then none is stored.
        """
        with self.database.transaction() as db:
            for item in items:
                self._put_item(db, item)

    def _put_item(self, db: sqlite3.Connection, item: JsonDict) -> None:
        geometry = _geometry(item)
        west, south, east, north = geometry.bounds if geometry else (None,) * 4
        box = (west, east, south, north)
        row = (item["collection"], item["id"], *item_times_ms(item), *box)
        props = orjson.dumps(item.get("properties") or {}).decode()
        wkb = shapely.to_wkb(geometry) if geometry else None
        # fetchall, not fetchone: an unfinished RETURNING statement would hold back the commit
        ((pk,),) = db.execute(UPSERT_ITEM, (*row, wkb, props)).fetchall()
        body = zlib.compress(orjson.dumps(item), 1)
        db.execute("INSERT OR REPLACE INTO doc VALUES(?,?)", (pk, body))
        if geometry:
            db.execute("INSERT OR REPLACE INTO item_rt VALUES(?,?,?,?,?)", (pk, *box))

    def get_item(self, collection_id: str, item_id: str) -> JsonDict | None:
        """Return one Item, or None."""
        query = "SELECT body FROM item JOIN doc USING(pk) WHERE collection=? AND id=?"
        row = self.database.reader().execute(query, (collection_id, item_id)).fetchone()
        return _unpacked(row["body"]) if row else None

    def has_item(self, collection_id: str, item_id: str) -> bool:
        """Say whether the Item exists, without reading its document."""
        query = "SELECT 1 FROM item WHERE collection=? AND id=?"
        return bool(self.database.reader().execute(query, (collection_id, item_id)).fetchone())

    def delete_item(self, collection_id: str, item_id: str) -> bool:
        """Delete one Item; False when there was none."""
        with self.database.transaction() as db:
            query = "DELETE FROM item WHERE collection=? AND id=? RETURNING pk"
            pks = db.execute(query, (collection_id, item_id)).fetchall()
            for (pk,) in pks:
                db.execute("DELETE FROM doc WHERE pk=?", (pk,))
                db.execute("DELETE FROM item_rt WHERE pk=?", (pk,))
        return bool(pks)

    def count_items(self, collection_id: str | None = None) -> int:
        """Count the Items of one Collection, or of all."""
        where, values = ("WHERE collection=?", [collection_id]) if collection_id else ("", [])
        query = f"SELECT count(*) FROM item {where}"
        return int(self.database.reader().execute(query, values).fetchone()[0])

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page, newest first unless `sortby` says otherwise.

        Raises:
            InvalidSearch: filter, geometry or token cannot be used.
        """
        reader = self.database.reader()
        query = ItemQuery(reader, request)
        rows = query.page(request.limit + 1)
        shown = rows[: request.limit]
        more = len(rows) > len(shown)
        token = f"next:{shown[-1]['collection']}:{shown[-1]['id']}" if more else None
        matched = len(rows) if not (more or request.token) else query.count()
        return SearchPage(self._documents(reader, shown), token, matched)

    def _documents(self, reader: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[JsonDict]:
        pks = orjson.dumps([row["pk"] for row in rows]).decode()
        query = "SELECT pk, body FROM doc WHERE pk IN (SELECT value FROM json_each(?))"
        bodies = {row["pk"]: row["body"] for row in reader.execute(query, (pks,))}
        # an Item that was deleted between the two queries is left out
        return [_unpacked(bodies[row["pk"]]) for row in rows if row["pk"] in bodies]

    def clear(self) -> None:
        """Delete everything."""
        with self.database.transaction() as db:
            for table in ("collection", "item", "doc", "item_rt"):
                db.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self.database.close()


def item_times_ms(item: JsonDict) -> tuple[int, int]:
    """Return first and last millisecond of an Item; a null datetime leaves start and end.

    Raises:
        ValueError: none of them can be read.
    """
    properties = item.get("properties") or {}
    if properties.get("datetime"):
        return (moment := round(parse_time(properties["datetime"]) * 1000)), moment
    start, end = properties.get("start_datetime"), properties.get("end_datetime")
    if not (start or end):
        raise ValueError("the Item has neither datetime nor start_datetime and end_datetime")
    first = round(parse_time(start) * 1000) if start else EARLIEST_MS
    return first, round(parse_time(end) * 1000) if end else LATEST_MS


def _geometry(item: JsonDict) -> shapely.Geometry | None:
    if not item.get("geometry"):
        return None
    try:
        geometry = shapely.from_geojson(orjson.dumps(item["geometry"]))
    except shapely.GEOSException as error:
        raise ValueError(f"geometry is not valid GeoJSON: {error}") from None
    return None if geometry.is_empty else geometry


def _document(value: Any) -> JsonDict:
    return value if isinstance(value, dict) else {}


def _unpacked(body: bytes) -> JsonDict:
    return _document(orjson.loads(zlib.decompress(body)))
