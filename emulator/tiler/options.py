"""Render options: the query parameters of the tiler."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from rio_tiler.colormap import cmap
from rio_tiler.errors import InvalidColorMapName


class InvalidOptions(ValueError):
    """A render parameter cannot be used: HTTP 400."""


@dataclass(frozen=True)
class RenderOptions:
    """How the bands of an Item become a picture.

    Attributes:
        assets: keys of the assets to draw, in order.
        expression: band math over asset keys; several bands are separated by `;`.
        band_indexes: 1-based bands by asset key; all bands of the others.
        rescale: (low, high) of the values that become 0 and 255; one pair, or one for each band.
        colormap_name: of a single band, as rio-tiler names them.
        color_formula: as color-operations reads it.
        nodata: value to be transparent; None leaves what the raster says.
        resampling: GDAL's name of the method.
        return_mask: whether pixels without data are transparent.
    """

    assets: tuple[str, ...] = ()
    expression: str | None = None
    band_indexes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rescale: tuple[tuple[float, float], ...] = ()
    colormap_name: str | None = None
    color_formula: str | None = None
    nodata: float | None = None
    resampling: str = "nearest"
    return_mask: bool = True

    def asset_keys(self, known: Iterable[str]) -> tuple[str, ...]:
        """Every asset that is needed: those asked for, and those named in the expression.

        Raises:
            InvalidOptions: neither assets nor an expression over `known` assets is given.
        """
        keys = dict.fromkeys(self.assets)
        if self.expression:
            words = set(re.findall(r"[\w.-]+", self.expression)) | set(re.findall(r"\w+", self.expression))
            keys |= dict.fromkeys(key for key in known if key in words or f"{key}_b1" in words)
        if not keys:
            raise InvalidOptions("assets must be defined either via expression or assets options.")
        return tuple(keys)


def parse_options(parameters: Iterable[tuple[str, str]]) -> RenderOptions:
    """Read the parameters of a request; those of no meaning for drawing are ignored.

    Raises:
        InvalidOptions: a value cannot be read.
    """
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        values.setdefault(name, []).append(value)
    last = {name: found[-1] for name, found in values.items()}
    return RenderOptions(
        assets=tuple(values.get("assets", ())),
        expression=_expression(last.get("expression")),
        band_indexes=dict(_band_indexes(text) for text in values.get("asset_bidx", ())),
        rescale=tuple(_pair(text) for text in values.get("rescale", ())),
        colormap_name=_colormap(last.get("colormap_name")),
        color_formula=last.get("color_formula") or None,
        nodata=_number(last["nodata"], "nodata") if last.get("nodata") else None,
        resampling=last.get("resampling", "nearest"),
        return_mask=last.get("return_mask", "true").lower() not in ("false", "0"),
    )


def _expression(text: str | None) -> str | None:
    """Undo what a query string does to `B08+B04` when its plus is not encoded."""
    return re.sub(r"(?<=[\w)])\s+(?=[\w(])", "+", text) if text else None


def _band_indexes(text: str) -> tuple[str, tuple[int, ...]]:
    key, _, indexes = text.partition("|")
    try:
        return key, tuple(int(index) for index in indexes.split(","))
    except ValueError:
        raise InvalidOptions(f"asset_bidx '{text}' is not of the form asset|1,2,3") from None


def _pair(text: str) -> tuple[float, float]:
    numbers = [_number(part, "rescale") for part in text.split(",")]
    if len(numbers) != 2:
        raise InvalidOptions(f"rescale '{text}' is not of the form low,high")
    return numbers[0], numbers[1]


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidOptions(f"{name} '{text}' is not a number") from None


def _colormap(name: str | None) -> str | None:
    if not name:
        return None
    try:
        cmap.get(name)
    except InvalidColorMapName:
        raise InvalidOptions(f"colormap_name '{name}' is not known") from None
    return name
