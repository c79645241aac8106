"""The SQL of one search over the Item table."""

import sqlite3
from typing import Any

import orjson
import shapely

from emulator.cql2_parse import InvalidFilter
from emulator.cql2_sqlite import compile_filter, geometry_text, property_sql
from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, SortField

# Up to so many R*Tree hits the hits drive the query, above it the time index does; else
# SQLite's planner takes the time index always, 50 times slower for a small area.
FEW_HITS = 5000
NEWEST_FIRST = (SortField("datetime", descending=True),)


class ItemQuery:
    """Conditions and order of one SearchRequest; runs on one connection."""

    def __init__(self, reader: sqlite3.Connection, request: SearchRequest) -> None:
        """Compile the request.

        Raises:
            InvalidSearch: filter, geometry, sort field or token cannot be used.
        """
        self._reader = reader
        self._conditions: list[str] = []
        self._values: list[Any] = []
        self._source = "item"
        try:
            self._order = [(property_sql(s.field), s.descending) for s in _sort_fields(request)]
            self._add_conditions(request)
        except InvalidFilter as error:
            raise InvalidSearch(str(error)) from None
        self._token = request.token

    def page(self, limit: int) -> list[sqlite3.Row]:
        """Return `pk, collection, id` of at most `limit` Items after the token."""
        condition, values = self._after_token() if self._token else ("1", [])
        order = ", ".join(f"{sql} {'DESC' if down else 'ASC'}" for sql, down in self._keys())
        query = f"SELECT item.pk, item.collection, item.id {self._from()} AND {condition} ORDER BY {order} LIMIT ?"
        return self._reader.execute(query, (*self._values, *values, limit)).fetchall()

    def count(self) -> int:
        """Count all Items that match, whatever the token."""
        return int(self._reader.execute(f"SELECT count(*) {self._from()}", self._values).fetchone()[0])

    def _from(self) -> str:
        return f"FROM {self._source} WHERE {' AND '.join(self._conditions) or '1'}"

    def _add(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self._values += values

    def _add_conditions(self, request: SearchRequest) -> None:
        if request.collections:
            self._add(_any_of("item.collection", request.collections), *request.collections)
        if request.ids:
            self._add(_any_of("item.id", request.ids), *request.ids)
        if request.datetime_ms:
            first, last = request.datetime_ms
            self._add("item.t0 <= ? AND item.t1 >= ?", last, first)
        area = request.intersects or (_bbox_geometry(request.bbox) if request.bbox else None)
        if area:
            self._add_area(area)
        if request.filter:
            condition, values = compile_filter(request.filter)
            self._add(condition, *values)

    def _add_area(self, area: JsonDict) -> None:
        """Coarse by bounding box, exact by geometry; see FEW_HITS."""
        text = geometry_text(area)
        boxes = [part.bounds for part in _parts(shapely.from_geojson(text))]
        pks = {pk for box in boxes for pk in self._hits(box)}
        if len(pks) < FEW_HITS:
            self._source = "json_each(?) AS hit CROSS JOIN item ON item.pk = hit.value"
            self._values.insert(0, orjson.dumps(sorted(pks)).decode())
        else:
            overlap = "(item.minx <= ? AND item.maxx >= ? AND item.miny <= ? AND item.maxy >= ?)"
            corners = [v for w, s, e, n in boxes for v in (e, w, n, s)]
            self._add("(" + " OR ".join([overlap] * len(boxes)) + ")", *corners)
        self._add("spatial_test('s_intersects', ?, item.geom)", text)

    def _hits(self, box: tuple[float, float, float, float]) -> list[int]:
        west, south, east, north = box
        query = "SELECT pk FROM item_rt WHERE minx<=? AND maxx>=? AND miny<=? AND maxy>=? LIMIT ?"
        rows = self._reader.execute(query, (east, west, north, south, FEW_HITS))
        return [row["pk"] for row in rows]

    def _keys(self) -> list[tuple[str, bool]]:
        """Order by the sort fields (nothing sorts last), then by id and Collection."""
        keys = []
        for sql, down in self._order:
            if sql.startswith("json_extract"):
                keys.append((f"({sql} IS NULL)", False))
            keys.append((sql, down))
        down = self._order[-1][1]
        named = {sql for sql, _ in keys}
        ties = [("item.id", down), ("item.collection", down)]
        return keys + [tie for tie in ties if tie[0] not in named]

    def _after_token(self) -> tuple[str, list[Any]]:
        """Return the condition for what sorts after the Item that the token names."""
        last, keys = self._last_values(), self._keys()
        terms, values = [], []
        for position, (sql, down) in enumerate(keys):
            if last[position] is None:
                continue  # within the Items without this property, only the later keys order
            equal = [f"{keys[i][0]} IS ?" for i in range(position)]
            terms.append(" AND ".join([*equal, f"{sql} {'<' if down else '>'} ?"]))
            values += [*last[:position], last[position]]
        return "(" + " OR ".join(f"({term})" for term in terms) + ")", values

    def _last_values(self) -> list[Any]:
        direction, _, rest = str(self._token).partition(":")
        collection, _, item_id = rest.partition(":")
        columns = ", ".join(sql for sql, _ in self._keys())
        query = f"SELECT {columns} FROM item WHERE item.collection=? AND item.id=?"
        row = self._reader.execute(query, (collection, item_id)).fetchone()
        if direction != "next" or row is None:
            raise InvalidSearch(f"token '{self._token}' is not valid")
        return list(row)


def _sort_fields(request: SearchRequest) -> tuple[SortField, ...]:
    return request.sortby or NEWEST_FIRST


def _any_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join('?' * len(values))})"


def _parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """The polygons of a multi-geometry, so that two halves at the antimeridian are two boxes."""
    parts = shapely.get_parts(geometry).tolist()
    return parts if 1 < len(parts) <= 8 else [geometry]


def _bbox_geometry(bbox: tuple[float, float, float, float]) -> JsonDict:
    west, south, east, north = bbox
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    rings = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in spans]
    return {"type": "MultiPolygon", "coordinates": rings}
