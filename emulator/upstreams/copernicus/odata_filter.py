"""`$filter` of the catalogue: text in, a test of products out.

Known: and, or, not, eq, ne, lt, le, gt, ge, in, contains, startswith, endswith, any on attributes of a type,
and OData.CSC.Intersects.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import shapely

from emulator.upstreams.copernicus.products import Product

Test = Callable[[Product], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<geography>geography'[^']*')|(?P<string>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_][\w./]*)|(?P<sign>[(),:=]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_ANY = re.compile(r"Attributes/OData\.CSC\.(String|Integer|Double|DateTimeOffset|Boolean)Attribute/any")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Double": float,
    "DateTimeOffset": datetime,
    "Boolean": bool,
}


class InvalidFilter(ValueError):
    """The filter cannot be understood: 400, with this message."""


def compile_filter(text: str) -> Test:
    """Return a test of products.

    Raises:
        InvalidFilter: says what was not understood, and where.
    """
    parser = _Parser(text)
    test = parser.either()
    parser.expect_end()
    return test


class _Parser:
    """Recursive descent over tokens of (kind, text)."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = 0

    def either(self) -> Test:
        tests = [self._both()]
        while self._take_word("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda product: any(test(product) for test in tests)

    def expect_end(self) -> None:
        if self._place < len(self._tokens):
            raise InvalidFilter(f"Invalid filter: unexpected '{self._tokens[self._place][1]}'")

    def _both(self) -> Test:
        tests = [self._single()]
        while self._take_word("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda product: all(test(product) for test in tests)

    def _single(self) -> Test:
        if self._take_word("not"):
            test = self._single()
            return lambda product: not test(product)
        if self._take("sign", "("):
            inner = self.either()
            self._need("sign", ")")
            return inner
        word = self._need("word")
        if word in _TEXT:
            return self._text_test(_TEXT[word])
        if word == "OData.CSC.Intersects":
            return self._area_test()
        if found := _ANY.fullmatch(word):
            return self._attribute_test(found[1])
        return self._comparison(word)

    def _comparison(self, path: str) -> Test:
        known = {*_FIELDS}
        if path not in known:
            raise InvalidFilter(f"Invalid field: {path}")
        word = self._need("word")
        if word == "in":
            values = self._list()
            return lambda product: product.fields[path] in values
        return _compared(path, word, self._literal())

    def _text_test(self, compare: Callable[[str, str], bool]) -> Test:
        self._need("sign", "(")
        path = self._need("word")
        if path != "Name":
            raise InvalidFilter(f"Invalid field: {path}")
        self._need("sign", ",")
        value = str(self._literal())
        self._need("sign", ")")
        return lambda product: compare(product.facts.name, value)

    def _area_test(self) -> Test:
        self._need("sign", "(")
        self._need("word")
        self._need("sign", "=")
        area = _geometry(self._need("geography"))
        self._need("sign", ")")
        shapely.prepare(area)
        return lambda product: product.shape is not None and bool(area.intersects(product.shape))

    def _attribute_test(self, kind: str) -> Test:
        """`(att:att/Name eq 'x' and att/OData.CSC.<kind>Attribute/Value op y)`, in either order."""
        self._need("sign", "(")
        variable = self._need("word")
        self._need("sign", ":")
        terms = [self._attribute_term(variable, kind)]
        while self._take_word("and"):
            terms.append(self._attribute_term(variable, kind))
        self._need("sign", ")")
        names = [value for part, _, value in terms if part == "Name"]
        tests = [(compare, value) for part, compare, value in terms if part == "Value"]
        if len(names) != 1:
            raise InvalidFilter("Invalid filter: any() needs one condition on the attribute's Name")

        def holds(product: Product) -> bool:
            found = product.attributes.get(names[0])
            return _is_of(kind, found) and all(_safely(compare, found, value) for compare, value in tests)

        return holds

    def _attribute_term(self, variable: str, kind: str) -> tuple[str, Callable[[Any, Any], bool], Any]:
        path, word = self._need("word"), self._need("word")
        if word not in _COMPARE:
            raise InvalidFilter(f"Invalid operator: {word}")
        if path == f"{variable}/Name" and word == "eq":
            return "Name", operator.eq, self._literal()
        if path == f"{variable}/OData.CSC.{kind}Attribute/Value":
            return "Value", _COMPARE[word], self._literal()
        raise InvalidFilter(f"Invalid field: {path}")

    def _list(self) -> list[Any]:
        self._need("sign", "(")
        values = [self._literal()]
        while self._take("sign", ","):
            values.append(self._literal())
        self._need("sign", ")")
        return values

    def _literal(self) -> Any:
        if self._place >= len(self._tokens):
            raise InvalidFilter("Invalid filter: a value is missing at the end")
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind not in _LITERALS or (kind == "word" and text not in _WORDS):
            raise InvalidFilter(f"Invalid filter: '{text}' is no value")
        try:
            return _LITERALS[kind](text)
        except ValueError:
            raise InvalidFilter(f"Invalid filter: '{text}' is no value") from None

    def _take_word(self, word: str) -> bool:
        return self._take("word", word)

    def _take(self, kind: str, text: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == (kind, text):
            self._place += 1
            return True
        return False

    def _need(self, kind: str, text: str | None = None) -> str:
        found = self._tokens[self._place] if self._place < len(self._tokens) else ("end", "the end")
        if found[0] != kind or text not in (None, found[1]):
            raise InvalidFilter(f"Invalid filter: {text or kind} expected, {found[1]} found")
        self._place += 1
        return found[1]


_FIELDS = (
    *("Id", "Name", "Collection/Name", "ContentDate/Start", "ContentDate/End", "ContentType", "Online"),
    *("OriginDate", "PublicationDate", "ModificationDate", "EvictionDate", "DeletionDate"),
)
_WORDS = {"true": True, "false": False, "null": None}


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise InvalidFilter(f"Invalid filter: '{text[place : place + 20]}' is not understood")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _compared(path: str, word: str, value: Any) -> Test:
    if word not in _COMPARE:
        raise InvalidFilter(f"Invalid operator: {word}")
    compare = _COMPARE[word]
    return lambda product: _safely(compare, product.fields[path], value)


def _safely(compare: Callable[[Any, Any], bool], found: Any, value: Any) -> bool:
    """Compare values of one type; others never match."""
    try:
        return compare(found, value)
    except TypeError:
        return False


def _is_of(kind: str, found: Any) -> bool:
    return found is not None and type(found) is _KINDS[kind]


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> float:
    return float(text) if re.search(r"[.eE]", text) else int(text)


def _geometry(text: str) -> shapely.Geometry:
    srid, semicolon, wkt = text.removeprefix("geography'").removesuffix("'").partition(";")
    if srid.replace(" ", "") != "SRID=4326" or not semicolon:
        raise InvalidFilter("Invalid geography: it must begin with SRID=4326;")
    try:
        geometry = shapely.from_wkt(wkt)
    except shapely.GEOSException as error:
        raise InvalidFilter(f"Invalid geography: {error}") from None
    if not geometry.is_valid:
        raise InvalidFilter(f"Invalid geography: {shapely.is_valid_reason(geometry)}")
    return geometry


_LITERALS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text[1:-1].replace("''", "'"),
    "time": _time,
    "guid": str.lower,
    "number": _number,
    "word": _WORDS.__getitem__,
}
