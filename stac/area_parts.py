"""Parts of a request for area statistics, each of which another machine can measure."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar

from models.area_statistics_request import AreaStatisticsRequest
from stac.periods import periods_of

_NOT_PARTS = {"deployment": None, "pictures": "none", "charts": False}
"""What a part leaves to the run that asked for it: pictures and charts of all."""
T = TypeVar("T")


def parts_of(request: AreaStatisticsRequest, today: date) -> list[AreaStatisticsRequest]:
    """Return at most `request.children` requests that together ask for the same areas and periods.

    Named areas are shared out; areas that are given otherwise are all measured by each part, in some of the periods.
    """
    changes: list[dict[str, Any]]
    if len(request.areas) > 1:
        changes = [{"areas": list(names)} for names in _shared(request.areas, request.children)]
    elif request.periods:
        changes = [{"periods": list(ranges)} for ranges in _shared(request.periods, request.children)]
    else:
        shares = _shared(periods_of(request, today), request.children)
        changes = [{"datetime_range": f"{share[0].start}/{share[-1].end}", "last": None} for share in shares]
    folder = request.folder or "part"
    return [
        request.model_copy(update={**_NOT_PARTS, **change, "folder": f"{folder[:60]}-{number}"})
        for number, change in enumerate(changes, 1)
    ]


def _shared(things: Sequence[T], parts: int) -> list[Sequence[T]]:
    """Share things out in their order, as evenly as can be; no part is empty."""
    count = min(parts, len(things))
    bounds = [len(things) * number // count for number in range(count + 1)]
    return [things[start:end] for start, end in pairwise(bounds)]
