"""Statistics of an area from what the tiler says of its bands."""

from math import isfinite, sqrt
from typing import Any

from models.area import JsonDict
from models.errors import RefusedError
from stac.band_math import BEYOND, COUNTING_BANDS

HISTOGRAM = {"histogram_bins": 400, "histogram_range": "-2,2"}
"""The median of pixels that count is read from a histogram: bins of 0.01, between which it is interpolated."""
_VALUES = ("mean", "median", "min", "max", "std")
_INSIDE = 0.999
"""Share of these pixels that the histogram must hold for its median to be that of all."""


def has_undefined(bands: list[JsonDict]) -> bool:
    """Tell whether a pixel has no value of the index, of which the tiler was asked with `BEYOND` in its place.

    Raises:
        RefusedError: the tiler did not answer with one band.
    """
    (band,) = _checked(bands, 1)
    return band.get("max") == BEYOND


def all_pixels(bands: list[JsonDict]) -> JsonDict:
    """Return mean, median, min, max, std, valid_percent and count of the one band of an expression.

    Raises:
        RefusedError: the tiler did not answer with one band, or with a number that no index has.
    """
    (band,) = _checked(bands, 1)
    if not band.get("count"):
        return {"valid_percent": 0.0, "count": 0.0}
    return _possible({name: band[name] for name in (*_VALUES, "valid_percent", "count")})


def counted_pixels(bands: list[JsonDict]) -> JsonDict:
    """Return the same of the pixels that count only, from the bands of `counting_expression`.

    Raises:
        RefusedError: the tiler did not answer with as many bands, or with a number that no index has.
    """
    value, counts, square, above, below = _checked(bands, COUNTING_BANDS)
    share = counts.get("mean") or 0.0
    if not share:
        return {"valid_percent": 0.0, "count": 0.0}
    mean = value["mean"] / share
    return _possible(
        {
            "mean": mean,
            "median": _median(above["histogram"], counts["histogram"]),
            "min": above["min"],
            "max": below["max"],
            "std": sqrt(max(0.0, square["mean"] / share - mean**2)),
            "valid_percent": round(counts["valid_percent"] * share, 2),
            "count": counts["count"] * share,
        }
    )


def _possible(values: JsonDict) -> JsonDict:
    for name in _VALUES:
        value = values[name]
        lacks = value is None and name == "mean"  # JSON has no infinity
        if lacks or (value is not None and not (isfinite(value) and abs(value) < BEYOND)):
            said = "nothing" if lacks else f"{value:.3g}"
            raise RefusedError(
                f"The tiler answered with {said} as the {name}, which no index has: a pixel divides by 0, and the"
                " tiler did not leave it out. Give the index as an expression that no pixel makes infinite."
            )
    return values


def _checked(bands: list[JsonDict], number: int) -> list[JsonDict]:
    if len(bands) != number:
        raise RefusedError(f"The tiler answered with {len(bands)} bands where {number} were asked for.")
    return bands


def _median(histogram: Any, clear: Any) -> float | None:
    """Return the value below which half of the pixels lie; None if too many lie outside of the histogram."""
    counts, edges = histogram
    pixels, half = _ones(clear), sum(counts) / 2
    if not half or 2 * half < _INSIDE * pixels:
        return None
    below = 0.0
    for count, low, high in zip(counts, edges, edges[1:], strict=False):
        if count and below + count >= half:
            return float(low + (high - low) * (half - below) / count)
        below += count
    return None


def _ones(histogram: Any) -> int:
    """Return how many pixels of the band of ones and zeros are one."""
    counts, edges = histogram
    return int(sum(count for count, low in zip(counts, edges, strict=False) if low > 0.5))
