"""Filters of a STAC search, in any of their spellings, as CQL2-JSON."""

from typing import Any

import cql2
import orjson

from emulator.json_types import JsonDict

# Names of CQL-JSON (2021 draft, the service's default `cql-json`) and of the Query extension.
LEGACY_OPERATORS = {
    "eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "and": "and", "or": "or",
    "not": "not", "like": "like", "isNull": "isNull", "intersects": "s_intersects",
    "anyinteracts": "t_intersects", "in": "in", "between": "between",
}  # fmt: skip


class InvalidFilter(ValueError):
    """The filter is not valid CQL2: answer 400."""


def parse_filter(expression: Any, lang: str | None, query: Any = None) -> JsonDict | None:
    """Combine `filter` and `query` of a search into one CQL2-JSON expression.

    Args:
        expression: CQL2-JSON or CQL-JSON object, or CQL2 text.
        lang: `cql2-json`, `cql2-text`, `cql-json` or nothing; a string is always read as text.
        query: conditions of the Query extension, such as `{"eo:cloud_cover": {"lt": 10}}`.

    Raises:
        InvalidFilter: an expression cannot be parsed, or uses an unknown language.
    """
    if lang not in (None, "cql2-json", "cql2-text", "cql-json"):
        raise InvalidFilter(f"filter-lang '{lang}' is unknown")
    terms = _query_terms(query)
    if expression:
        terms.append(_parse_expression(expression))
    if len(terms) < 2:
        return terms[0] if terms else None
    return {"op": "and", "args": terms}


def _parse_expression(expression: Any) -> JsonDict:
    if isinstance(expression, str) and not expression.lstrip().startswith("{"):
        return _checked(expression, is_text=True)
    document = orjson_object(expression) if isinstance(expression, str) else expression
    if isinstance(document, dict) and "op" not in document:
        document = _from_legacy(document)
    return _checked(orjson.dumps(document).decode(), is_text=False)


def _checked(source: str, *, is_text: bool) -> JsonDict:
    try:
        parsed = cql2.parse_text(source) if is_text else cql2.parse_json(source)
        parsed.validate()
        result = parsed.to_json()
    except Exception as error:  # cql2's exceptions share no base class but Exception
        raise InvalidFilter(f"filter is not valid CQL2: {error}") from None
    if not isinstance(result, dict):
        raise InvalidFilter("filter is not a boolean expression")
    return result


def orjson_object(text: str) -> Any:
    """Parse JSON text.

    Raises:
        InvalidFilter: it is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidFilter("filter is not JSON") from None


def _from_legacy(node: Any) -> Any:
    """Translate CQL-JSON, in which the operator is the key, to CQL2-JSON."""
    if isinstance(node, list):
        return [_from_legacy(entry) for entry in node]
    if not isinstance(node, dict) or len(node) != 1:
        return node
    ((name, args),) = node.items()
    if name not in LEGACY_OPERATORS:
        return node
    return {"op": LEGACY_OPERATORS[name], "args": _legacy_args(args)}


def _legacy_args(args: Any) -> list[Any]:
    if isinstance(args, dict) and "value" in args:
        rest = [args["list"]] if "list" in args else [args.get("lower"), args.get("upper")]
        return [_from_legacy(args["value"]), *rest]
    return [_from_legacy(entry) for entry in (args if isinstance(args, list) else [args])]


def _query_terms(query: Any) -> list[JsonDict]:
    if not query:
        return []
    if not isinstance(query, dict) or not all(isinstance(v, dict) for v in query.values()):
        raise InvalidFilter("query must map each property to an object of conditions")
    return [_query_term(name, *cond) for name, conds in query.items() for cond in conds.items()]


def _query_term(name: str, operator: str, value: Any) -> JsonDict:
    patterns = {"startsWith": f"{value}%", "endsWith": f"%{value}", "contains": f"%{value}%"}
    if operator in patterns:
        return {"op": "like", "args": [{"property": name}, patterns[operator]]}
    if operator not in LEGACY_OPERATORS:
        raise InvalidFilter(f"query operator '{operator}' is unknown")
    return {"op": LEGACY_OPERATORS[operator], "args": [{"property": name}, value]}
