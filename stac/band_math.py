"""Spectral indices as band math for the tiler, over the digital numbers of one Item."""

import re

from models.area import JsonDict
from models.spectral_index import SpectralIndex

QUANTIFICATION = 10_000
"""Digital numbers per reflectance of 1, in all Level-2A products."""
OFFSET = 1_000
"""Digital numbers added since processing baseline 04.00, so that dark pixels are not negative; the Planetary Computer
leaves them in. Source: ESA, Sentinel-2 Products Specification Document, `BOA_ADD_OFFSET`."""
_FIRST_BASELINE = (4, 0)
_FIRST_DAY = "2022-01-25"
"""On which ESA put baseline 04.00 into operation: for Items that do not say theirs."""

CLEAR = "(((SCL>=4)&(SCL<=7))|(SCL==11))"
"""Sen2Cor's vegetation, bare soil, water, unclassified and snow; not dark, shadow, cloud, cirrus, or no data."""
BEYOND = 1_000_000_000
"""Stands for a pixel that does not count, where a number is needed: far beyond any index, and exact as a float32."""

COUNTING_BANDS = 5
"""Bands of a `counting_expression`."""
_NORMALIZED = re.compile(r"\((B\d[\dA])-(B\d[\dA])\)/\((?:\1\+\2|\2\+\1)\)")


def index_expression(index: SpectralIndex, item: JsonDict, undefined: float) -> str:
    """Return the index over an Item's digital numbers.

    Args:
        index: of reflectances.
        item: says how its numbers stand for reflectances.
        undefined: stands for the index where it has no value; the tiler itself would take 1.8e308, or 0 for 0/0.
    """
    value, defined = _value_and_condition(index, item)
    return f"where({defined},{value},{undefined:.1f})"


def counting_expression(index: SpectralIndex, item: JsonDict, *, clear_only: bool) -> str:
    """Return five bands from which statistics of the pixels that count follow: that have a value, and are clear.

    The tiler cannot mask by an expression (its band math turns NaN into 0), so the bands are: the index or 0, one or
    zero, the square of the index or 0, the index or a number above, the index or a number below all others.
    """
    value, defined = _value_and_condition(index, item)
    counts = f"{CLEAR}&{defined}" if clear_only else defined
    choices = (
        (value, "0.0"),
        ("1.0", "0.0"),
        (f"({value})**2", "0.0"),
        (value, f"{BEYOND}.0"),
        (value, f"-{BEYOND}.0"),
    )
    return ";".join(f"where({counts},{chosen},{else_})" for chosen, else_ in choices)


def _value_and_condition(index: SpectralIndex, item: JsonDict) -> tuple[str, str]:
    """Return the index over digital numbers, and the condition under which a pixel has a value.

    A normalized difference has one where the sum is positive. Over dark water one reflectance may be a little below 0,
    for which 0 is taken: the difference stays within -1 and 1. Of other expressions, infinity and NaN are no values.
    """
    expression = re.sub(r"\s+", "", index.expression)
    if found := _NORMALIZED.fullmatch(expression):
        one, other = found.groups()
        inside = f"where({other}<0.0,1.0,where({one}<0.0,-1.0,{expression}))"
        return _over_numbers(inside, item), _over_numbers(f"(({one}+{other})>0.0)", item)
    value = _over_numbers(expression, item)
    return value, f"(abs({value})<{BEYOND}.0)"


def _over_numbers(expression: str, item: JsonDict) -> str:
    """Return an expression of reflectances as one of digital numbers.

    A normalized difference of the numbers as they are would be too small: the offset does not cancel out of their sum.
    """
    return re.sub(r"\bB\d[\dA]\b", rf"((\g<0>-{_offset(item)}.0)/{QUANTIFICATION}.0)", expression)


def _offset(item: JsonDict) -> int:
    properties = item.get("properties") or {}
    if found := re.match(r"(\d+)\.(\d+)", str(properties.get("s2:processing_baseline", ""))):
        return OFFSET if (int(found[1]), int(found[2])) >= _FIRST_BASELINE else 0
    return OFFSET if str(properties.get("datetime", "")) >= _FIRST_DAY else 0
