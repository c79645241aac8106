"""Render options and mosaics in the form that the GeoCatalog takes."""

import re
from collections.abc import Iterable, Iterator

from models.area import JsonDict

MAX_ID = 30
"""Characters of a render option's or a mosaic's id."""
MAX_OPTION_NAME = 40
"""Characters of a render option's name."""
MAX_MOSAIC_NAME = 30
"""Characters of a mosaic's name."""
_OPTION_MEMBERS = ("description", "type", "options", "minZoom", "vectorOptions", "legend", "conditions")

MOST_RECENT = {
    "name": "Most recent available",
    "description": "Most recent available imagery in this collection",
    "cql": [],
}


def slug(name: str) -> str:
    """Return an id made from a name: 1-30 characters of a-z 0-9 -, with no hyphen at its ends."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_ID].rstrip("-") or "unnamed"


def unique_slugs(names: Iterable[str]) -> Iterator[str]:
    """Yield an id for each name in turn; names that are equal after cutting get -2, -3, ..."""
    taken: set[str] = set()
    for name in names:
        candidate, number = slug(name), 1
        while candidate in taken:
            number += 1
            ending = f"-{number}"
            candidate = slug(name)[: MAX_ID - len(ending)].rstrip("-") + ending
        taken.add(candidate)
        yield candidate


def to_render_options(source: list[JsonDict]) -> list[JsonDict]:
    """Return the render options of the Planetary Computer's mosaic information as the GeoCatalog takes them."""
    names = [option["name"] for option in source]
    return [
        {
            "id": option_id,
            "name": option["name"][:MAX_OPTION_NAME].strip(),
            **{member: option[member] for member in _OPTION_MEMBERS if option.get(member) is not None},
            "type": option.get("type") or "raster-tile",
        }
        for option, option_id in zip(source, unique_slugs(names), strict=True)
    ]


def to_mosaics(requested: list[JsonDict]) -> list[JsonDict]:
    """Return "Most recent available" and the requested mosaics as the GeoCatalog takes them."""
    mosaics = [MOST_RECENT, *(mosaic for mosaic in requested if mosaic["name"] != MOST_RECENT["name"])]
    ids = unique_slugs(str(mosaic["name"]) for mosaic in mosaics)
    return [
        {**m, "id": mosaic_id, "name": str(m["name"])[:MAX_MOSAIC_NAME]}
        for m, mosaic_id in zip(mosaics, ids, strict=True)
    ]


def is_same(wanted: JsonDict, held: JsonDict) -> bool:
    """Tell whether a configuration is already as wanted: the service returns unset members as null."""
    return all(held.get(name) == value for name, value in wanted.items())
