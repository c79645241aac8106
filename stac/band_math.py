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
BEYOND = 1_000
"""Stands for a pixel that does not count, where a number is needed: far beyond any index."""

CLEAR_BANDS = 5
"""Bands of a `clear_expression`."""


def reflectance_expression(index: SpectralIndex, item: JsonDict) -> str:
    """Return the index over an Item's digital numbers.

    A normalized difference of the numbers as they are would be too small: the offset does not cancel out of their sum.
    """
    reflectance = rf"((\g<0>-{_offset(item)}.0)/{QUANTIFICATION}.0)"
    return re.sub(r"\bB\d[\dA]\b", reflectance, re.sub(r"\s+", "", index.expression))


def clear_expression(index: SpectralIndex, item: JsonDict) -> str:
    """Return five bands from which statistics of the clear pixels follow.

    The tiler cannot mask by an expression (its band math turns NaN into 0), so the bands are: the index or 0, one or
    zero, the square of the index or 0, the index or a number above, the index or a number below all others.
    """
    value = reflectance_expression(index, item)
    choices = (
        (value, "0.0"),
        ("1.0", "0.0"),
        (f"({value})**2", "0.0"),
        (value, f"{BEYOND}.0"),
        (value, f"-{BEYOND}.0"),
    )
    return ";".join(f"where({CLEAR},{chosen},{else_})" for chosen, else_ in choices)


def _offset(item: JsonDict) -> int:
    properties = item.get("properties") or {}
    if found := re.match(r"(\d+)\.(\d+)", str(properties.get("s2:processing_baseline", ""))):
        return OFFSET if (int(found[1]), int(found[2])) >= _FIRST_BASELINE else 0
    return OFFSET if str(properties.get("datetime", "")) >= _FIRST_DAY else 0
