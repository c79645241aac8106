"""What a STAC search asks for, whichever way it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from emulator.cql2_parse import InvalidFilter, parse_filter
from emulator.json_types import JsonDict

EARLIEST_MS = -(2**62)
LATEST_MS = 2**62


class InvalidSearch(ValueError):
    """The search cannot be understood: answer 400."""


@dataclass(frozen=True)
class SortField:
    """One property to order by."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Fields:
    """Members of an Item to return (`properties.x` for a single property)."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchRequest:
    """One page of a search. Empty means unrestricted."""

    collections: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees; west > east crosses the antimeridian."""
    intersects: JsonDict | None = None
    datetime_ms: tuple[int, int] | None = None
    """First and last millisecond since the epoch, both included."""
    filter: JsonDict | None = None
    """CQL2-JSON."""
    sortby: tuple[SortField, ...] = ()
    fields: Fields | None = None
    limit: int = 10
    token: str | None = None
    """As returned in `SearchPage.next_token`: `next:{collection}:{id of the last Item}`."""


def parse_get(params: Mapping[str, str], *, default_limit: int = 250, max_limit: int = 1000) -> SearchRequest:
    """Read the parameters of `GET /search` or `GET /collections/{id}/items`.

    Raises:
        InvalidSearch: a parameter is malformed.
    """
    body: JsonDict = {k: v for k, v in params.items() if v != ""}
    for name in ("collections", "ids", "bbox"):
        if name in body:
            body[name] = body[name].split(",")
    if "intersects" in body:
        body["intersects"] = _loads(body["intersects"], "intersects")
    if "query" in body:
        body["query"] = _loads(body["query"], "query")
    if "sortby" in body:
        body["sortby"] = [_sort_text(text) for text in body["sortby"].split(",")]
    if "fields" in body:
        body["fields"] = _fields_text(body["fields"])
    body.setdefault("filter-lang", "cql2-text")
    return parse_post(body, default_limit=default_limit, max_limit=max_limit)


def parse_post(body: Any, *, default_limit: int = 250, max_limit: int = 1000) -> SearchRequest:
    """Read the JSON body of `POST /search`; unknown members are ignored.

    Raises:
        InvalidSearch: a member is malformed.
    """
    if not isinstance(body, dict):
        raise InvalidSearch("the search must be a JSON object")
    if body.get("bbox") and body.get("intersects"):
        raise InvalidSearch("give bbox or intersects, not both")
    return SearchRequest(
        collections=_strings(body.get("collections"), "collections"),
        ids=_strings(body.get("ids"), "ids"),
        bbox=_bbox(body.get("bbox")),
        intersects=_geometry(body.get("intersects")),
        datetime_ms=parse_interval(body["datetime"]) if body.get("datetime") else None,
        filter=_filter(body),
        sortby=tuple(_sort_field(entry) for entry in body.get("sortby") or ()),
        fields=_fields(body.get("fields")),
        limit=_limit(body.get("limit"), default_limit, max_limit),
        token=body.get("token") or None,
    )


def parse_interval(text: str) -> tuple[int, int]:
    """Read an RFC 3339 instant or interval (`..` or nothing is open) as milliseconds.

    A date alone stands for its whole day.

    Raises:
        InvalidSearch: malformed, or the end lies before the start.
    """
    start, slash, end = str(text).partition("/")
    first = _instant(start, end=False) if start not in ("", "..") else EARLIEST_MS
    last_text = end if slash else start
    last = _instant(last_text, end=True) if last_text not in ("", "..") else LATEST_MS
    if last < first:
        raise InvalidSearch(f"datetime '{text}' ends before it starts")
    return first, last


def select_fields(item: JsonDict, fields: Fields | None) -> JsonDict:
    """Return the members that the Fields extension asks for; id, type and collection stay."""
    if fields is None or not (fields.include or fields.exclude):
        return item
    chosen = _included(item, fields.include) if fields.include else dict(item)
    for name in fields.exclude:
        parent, _, child = name.partition(".")
        if not child:
            chosen.pop(parent, None)
        elif isinstance(chosen.get(parent), dict):
            chosen[parent] = {k: v for k, v in chosen[parent].items() if k != child}
    return chosen


def _included(item: JsonDict, names: tuple[str, ...]) -> JsonDict:
    chosen: JsonDict = {k: item[k] for k in ("type", "id", "collection") if k in item}
    for name in names:
        parent, _, child = name.partition(".")
        if not child and parent in item:
            chosen[parent] = item[parent]
        elif child and child in (item.get(parent) or {}):
            chosen[parent] = {**chosen.get(parent, {}), child: item[parent][child]}
    return chosen


def _instant(text: str, *, end: bool) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSearch(f"'{text}' is not an RFC 3339 date and time") from None
    if len(text) == 10 and end:
        moment += timedelta(days=1, milliseconds=-1)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _loads(text: str, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidSearch(f"{name} is not JSON") from None


def _strings(value: Any, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise InvalidSearch(f"{name} must be a list of strings")
    return tuple(values)


def _bbox(value: Any) -> tuple[float, float, float, float] | None:
    if not value:
        return None
    try:
        numbers = [float(v) for v in value]
    except (TypeError, ValueError):
        raise InvalidSearch("bbox must consist of numbers") from None
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4:
        raise InvalidSearch("bbox must have 4 or 6 numbers")
    west, south, east, north = numbers
    if south > north or not (south >= -90 and north <= 90):
        raise InvalidSearch("bbox must be west, south, east, north in degrees")
    return west, south, east, north


def _geometry(value: Any) -> JsonDict | None:
    if value is None:
        return None
    if not isinstance(value, dict) or "type" not in value:
        raise InvalidSearch("intersects must be a GeoJSON geometry")
    return value


def _limit(value: Any, default: int, maximum: int) -> int:
    if value is None:
        return min(default, maximum)
    try:
        limit = int(value)
    except (TypeError, ValueError):
        raise InvalidSearch("limit must be a number") from None
    if limit < 1:
        raise InvalidSearch("limit must be at least 1")
    return min(limit, maximum)


def _filter(body: JsonDict) -> JsonDict | None:
    try:
        return parse_filter(body.get("filter"), body.get("filter-lang"), body.get("query"))
    except InvalidFilter as error:
        raise InvalidSearch(str(error)) from None


def _sort_text(text: str) -> JsonDict:
    return {"field": text.lstrip("+- "), "direction": "desc" if text.startswith("-") else "asc"}


def _sort_field(entry: Any) -> SortField:
    if not isinstance(entry, dict) or not isinstance(entry.get("field"), str):
        raise InvalidSearch("sortby must be a list of objects with field and direction")
    return SortField(entry["field"], str(entry.get("direction", "asc")).lower() == "desc")


def _fields_text(text: str) -> JsonDict:
    names = text.split(",")
    return {
        "include": [n.lstrip("+ ") for n in names if not n.startswith("-")],
        "exclude": [n[1:] for n in names if n.startswith("-")],
    }


def _fields(value: Any) -> Fields | None:
    if not value:
        return None
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, dict) for part in parts):
        raise InvalidSearch("fields must be an object with include and exclude")
    return Fields(
        include=tuple(n for part in parts for n in part.get("include") or ()),
        exclude=tuple(n for part in parts for n in part.get("exclude") or ()),
    )
