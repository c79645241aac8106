"""The part of OData that clients of the service use: `$filter`, `$select`, pages."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from emulator.azure_batch.errors import invalid_query
from emulator.json_types import JsonDict

PAGE = 1000
"""Most entries of a page, as the service documents."""
_COMPARED = re.compile(r"([\w/]+) (eq|ne) (?:'([^']*)'|(\d+))")
_STARTS = re.compile(r"startswith\(\s*([\w/]+)\s*,\s*'([^']*)'\s*\)")

Test = Callable[[JsonDict], bool]


def page_of(documents: list[JsonDict], request: Request, entity: str) -> JsonDict:
    """Return one page of the documents that the request's `$filter` lets through.

    Args:
        documents: all, in a stable order.
        entity: of the metadata URL, such as `tasks`.

    Raises:
        BatchError: 400, a parameter is none that is known.
    """
    asked = request.query_params
    found = list(filter(parse_filter(asked.get("$filter") or ""), documents))
    start, size = int(asked.get("$skiptoken") or 0), _page_size(asked.get("maxresults"))
    page: JsonDict = {
        "odata.metadata": f"{request.base_url}$metadata#{entity}",
        "value": [_selected(document, asked.get("$select")) for document in found[start : start + size]],
    }
    if start + size < len(found):
        query = urlencode({**asked, "$skiptoken": start + size})
        page["odata.nextLink"] = f"{str(request.url).partition('?')[0]}?{query}"
    return page


def parse_filter(text: str) -> Test:
    """Return the test that a `$filter` describes: `eq`, `ne` and `startswith`, joined by `and`.

    Raises:
        BatchError: 400, it is something else.
    """
    tests = [_parse_term(term.strip().strip("()") if term.count("(") != 1 else term.strip()) for term in _terms(text)]
    return lambda document: all(test(document) for test in tests)


def _terms(text: str) -> list[str]:
    return [term for term in re.split(r"\s+and\s+", text.strip()) if term]


def _parse_term(term: str) -> Test:
    if match := _STARTS.fullmatch(term):
        name, start = match.groups()
        return lambda document: str(_member(document, name)).startswith(start)
    if match := _COMPARED.fullmatch(term):
        name, operator, text, number = match.groups()
        wanted: Any = text if number is None else int(number)
        return lambda document: (_member(document, name) == wanted) is (operator == "eq")
    raise invalid_query("$filter", f"'{term}' is not understood")


def _member(document: JsonDict, path: str) -> Any:
    value: Any = document
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _selected(document: JsonDict, names: str | None) -> JsonDict:
    wanted = {name.strip() for name in (names or "").split(",") if name.strip()}
    return {name: value for name, value in document.items() if name in wanted} if wanted else document


def _page_size(text: str | None) -> int:
    if text is None:
        return PAGE
    if not text.isdigit() or not 1 <= int(text) <= PAGE:
        raise invalid_query("maxresults", f"it must be from 1 to {PAGE}")
    return int(text)
