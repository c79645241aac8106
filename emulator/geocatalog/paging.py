"""`$top`, `$skip` and `nextLink` of the lists under `/inma`."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from emulator.json_types import JsonDict

DEFAULT_TOP = 100
Top = Annotated[int, Query(alias="$top", ge=1, le=1000)]
Skip = Annotated[int, Query(alias="$skip", ge=0)]


def paged(request: Request, public_url: str, found: list[JsonDict], top: int, skip: int) -> JsonDict:
    """Return a page of `found`, which holds one entry more than `top` when there is a next page."""
    page: JsonDict = {"value": found[:top]}
    if len(found) > top:
        others = [(k, v) for k, v in request.query_params.multi_items() if k not in ("$top", "$skip")]
        query = urlencode([("$top", top), ("$skip", skip + top), *others], safe="$")
        page["nextLink"] = f"{public_url}{request.url.path}?{query}"
    return page
