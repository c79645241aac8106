"""CQL2-JSON to SQL: what the Item table of `item_store` can answer.

Every literal is bound; only property names become part of the SQL, after a check.
"""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import shapely
import shapely.geometry

from emulator.clock import parse_time
from emulator.cql2_parse import InvalidFilter
from emulator.json_types import JsonDict

COLUMNS = {"id": "item.id", "collection": "item.collection", "datetime": "item.t0"}
COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}
ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "/"}
SPATIAL = {
    "s_intersects": shapely.intersects, "s_within": shapely.within, "s_contains": shapely.contains,
    "s_disjoint": shapely.disjoint, "s_equals": shapely.equals, "s_overlaps": shapely.overlaps,
    "s_crosses": shapely.crosses, "s_touches": shapely.touches,
}  # fmt: skip
# a and b are the two operands' first and last millisecond
TEMPORAL = {
    "t_intersects": "({a0} <= {b1} AND {a1} >= {b0})",
    "t_disjoint": "NOT ({a0} <= {b1} AND {a1} >= {b0})",
    "t_before": "({a1} < {b0})",
    "t_after": "({a0} > {b1})",
    "t_during": "({a0} > {b0} AND {a1} < {b1})",
    "t_contains": "({a0} < {b0} AND {a1} > {b1})",
    "t_equals": "({a0} = {b0} AND {a1} = {b1})",
}
ARRAYS: dict[str, Callable[[set[Any], set[Any]], bool]] = {
    "a_contains": lambda a, b: a >= b,
    "a_containedby": lambda a, b: a <= b,
    "a_equals": lambda a, b: a == b,
    "a_overlaps": lambda a, b: bool(a & b),
}


def property_sql(name: str) -> str:
    """Return the SQL expression of a queryable, `id` and `properties.x` included.

    Raises:
        InvalidFilter: the name has characters that a property name cannot have.
    """
    bare = name.removeprefix("properties.")
    if bare in COLUMNS:
        return COLUMNS[bare]
    if not re.fullmatch(r"[\w:.\-/]+", bare):
        raise InvalidFilter(f"property name '{name}' is not valid")
    return f"json_extract(item.props, '$.\"{bare}\"')"


def compile_filter(expression: JsonDict) -> tuple[str, list[Any]]:
    """Return an SQL condition over `item` and its bound values.

    Raises:
        InvalidFilter: the expression uses an operator that is not supported.
    """
    compiler = _Compiler()
    return compiler.condition(expression), compiler.values


def register_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that compiled filters call."""
    connection.create_function("spatial_test", 3, _spatial_test, deterministic=True)
    connection.create_function("array_test", 3, _array_test, deterministic=True)
    connection.create_function("epoch_ms", 1, _epoch_ms, deterministic=True)
    connection.execute("PRAGMA case_sensitive_like=ON")


@dataclass
class _Compiler:
    """Collects bound values in the order in which the SQL mentions them."""

    values: list[Any] = field(default_factory=list)

    def condition(self, node: Any) -> str:
        """Compile a boolean expression."""
        if isinstance(node, bool):
            return "1" if node else "0"
        if not isinstance(node, dict) or "op" not in node:
            raise InvalidFilter("filter is not a boolean expression")
        op, args = str(node["op"]).lower(), node.get("args", [])
        if op in ("and", "or"):
            return "(" + f" {op.upper()} ".join(self.condition(arg) for arg in args) + ")"
        if op == "not":
            return f"NOT {self.condition(args[0])}"
        return self._predicate(op, args)

    def _predicate(self, op: str, args: list[Any]) -> str:
        if op in COMPARISONS or op in ("between", "in"):
            return self._comparison(op, args)
        if op == "like":
            return f"({self._value(args[0])} LIKE {self._value(args[1])} ESCAPE '\\')"
        if op == "isnull":
            return f"({self._value(args[0])} IS NULL)"
        if op in SPATIAL:
            return self._spatial(op, args)
        if op in TEMPORAL:
            return self._temporal(op, args)
        if op in ARRAYS:
            self.values.append(op)
            return f"array_test(?, {self._value(args[0])}, {self._value(args[1])})"
        raise InvalidFilter(f"operator '{op}' is not supported")

    def _comparison(self, op: str, args: list[Any]) -> str:
        temporal = any(_is_temporal(arg) for arg in args)
        sql = [self._instant(a) if temporal else self._value(a) for a in args if not isinstance(a, list)]
        if op == "between":
            return f"({sql[0]} BETWEEN {sql[1]} AND {sql[2]})"
        if op == "in":
            listed = [self._instant(v) if temporal else self._value(v) for v in args[1]]
            return f"({sql[0]} IN ({', '.join(listed)}))"
        return f"({sql[0]} {op} {sql[1]})"

    def _value(self, node: Any) -> str:
        if isinstance(node, dict) and "property" in node:
            return property_sql(node["property"])
        if isinstance(node, dict) and "op" in node:
            return self._function(str(node["op"]).lower(), node["args"])
        if isinstance(node, dict):
            return self._instant(node)
        self.values.append(orjson.dumps(node).decode() if isinstance(node, list) else node)
        return "?"

    def _function(self, op: str, args: list[Any]) -> str:
        if op in ("casei", "accenti"):
            return f"lower({self._value(args[0])})" if op == "casei" else self._value(args[0])
        if op in ARITHMETIC:
            return f"({self._value(args[0])} {ARITHMETIC[op]} {self._value(args[1])})"
        raise InvalidFilter(f"function '{op}' is not supported")

    def _instant(self, node: Any) -> str:
        """Compile a moment in milliseconds: a property, a timestamp, a date or a text."""
        if isinstance(node, dict) and "property" in node:
            sql = property_sql(node["property"])
            return sql if sql == "item.t0" else f"epoch_ms({sql})"
        self.values.append(_literal_ms(node))
        return "?"

    def _spatial(self, op: str, args: list[Any]) -> str:
        if not (isinstance(args[0], dict) and "property" in args[0] and isinstance(args[1], dict)):
            raise InvalidFilter(f"{op} takes the property geometry and a GeoJSON geometry")
        self.values += [op, geometry_text(args[1])]
        return "spatial_test(?, ?, item.geom)"

    def _temporal(self, op: str, args: list[Any]) -> str:
        (a0, a1), (b0, b1) = self._span(args[0]), self._span(args[1])
        # milliseconds and column names only, hence written out: both ends are used twice
        return TEMPORAL[op].format(a0=a0, a1=a1, b0=b0, b1=b1)

    def _span(self, node: Any) -> tuple[str, str]:
        if isinstance(node, dict) and "property" in node:
            sql = property_sql(node["property"])
            return ("item.t0", "item.t1") if sql == "item.t0" else (f"epoch_ms({sql})",) * 2
        if isinstance(node, dict) and "interval" in node:
            return self._interval_end(node["interval"][0], -(2**62)), self._interval_end(node["interval"][1], 2**62)
        return (str(_literal_ms(node)),) * 2

    def _interval_end(self, node: Any, open_ms: int) -> str:
        if isinstance(node, dict) and "property" in node:
            return self._instant(node)
        return str(open_ms if node in ("..", None) else _literal_ms(node))


def geometry_text(geometry: JsonDict) -> str:
    """Return a valid GeoJSON geometry as text.

    Raises:
        InvalidFilter: it is no geometry.
    """
    try:
        shapely.geometry.shape(geometry)
    except Exception as error:  # shapely raises many kinds for malformed GeoJSON
        raise InvalidFilter(f"geometry is not valid GeoJSON: {error}") from None
    return orjson.dumps(geometry).decode()


def _is_temporal(node: Any) -> bool:
    if not isinstance(node, dict):
        return False
    is_datetime = str(node.get("property", "")).removeprefix("properties.") == "datetime"
    return is_datetime or "timestamp" in node or "date" in node


def _literal_ms(node: Any) -> int:
    text = (node.get("timestamp") or node.get("date")) if isinstance(node, dict) else node
    try:
        return round(parse_time(str(text)) * 1000)
    except ValueError:
        raise InvalidFilter(f"'{text}' is not a date and time") from None


def _spatial_test(op: str, literal: str, geom: bytes | None) -> bool | None:
    return None if geom is None else bool(SPATIAL[op](shapely.from_wkb(geom), _prepared(literal)))


@lru_cache(maxsize=64)
def _prepared(literal: str) -> shapely.Geometry:
    geometry = shapely.from_geojson(literal)
    shapely.prepare(geometry)
    return geometry


def _array_test(op: str, left: str | None, right: str | None) -> bool | None:
    if left is None or right is None:
        return None
    sides = [orjson.loads(side) if side.startswith("[") else [side] for side in (left, right)]
    return ARRAYS[op](set(sides[0]), set(sides[1]))


def _epoch_ms(text: str | None) -> int | None:
    try:
        return None if text is None else round(parse_time(str(text)) * 1000)
    except ValueError:
        return None
