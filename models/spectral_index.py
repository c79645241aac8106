"""Spectral indices: arithmetic over the reflectances (0 to 1) of Sentinel-2's bands."""

import ast
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
"""Asset keys of the bands, as the Planetary Computer names them."""
CLASSES = "SCL"
"""Asset key of the scene classification; its numbers are classes, not reflectances."""
_FUNCTIONS = ("where", "sqrt", "abs", "exp", "log", "arctan2")

INDICES = {
    "ndvi": "(B08-B04)/(B08+B04)",
    "evi": "2.5*(B08-B04)/(B08+6*B04-7.5*B02+1)",
    "savi": "1.5*(B08-B04)/(B08+B04+0.5)",
    "msavi": "(2*B08+1-sqrt((2*B08+1)**2-8*(B08-B04)))/2",
    "ndwi": "(B03-B08)/(B03+B08)",
}
"""Expression by name: Rouse 1974, Huete 2002, Huete 1988 (L = 0.5), Qi 1994, McFeeters 1996 (open water)."""


def band_names(expression: str) -> list[str]:
    """Return the asset keys that an expression names, sorted.

    Raises:
        ValueError: it is no expression over Sentinel-2's assets; the message says why.
    """
    names: set[str] = set()
    for node in ast.walk(_tree(expression)):
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            raise ValueError(f"the expression {expression!r} calls something else than {', '.join(_FUNCTIONS)}")
        if isinstance(node, ast.Name) and node.id not in _FUNCTIONS:
            names.add(node.id)
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
            raise ValueError(f"the expression {expression!r} holds {node.value!r}, which is no number")
    if unknown := sorted(names - {*BANDS, CLASSES}):
        raise ValueError(f"the expression names {', '.join(unknown)}; it may name {', '.join((*BANDS, CLASSES))}")
    if not names & {*BANDS}:
        raise ValueError(f"the expression {expression!r} names no band, such as B08")
    return sorted(names)


_ALLOWED = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.BitAnd, ast.BitOr),
)
"""What the tiler's band math (rio-tiler on numexpr) evaluates."""


def _tree(expression: str) -> ast.Expression:
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise ValueError(f"{expression!r} is not an expression such as (B08-B04)/(B08+B04)") from None
    if bad := next((node for node in ast.walk(tree) if not isinstance(node, _ALLOWED)), None):
        raise ValueError(f"the expression {expression!r} has a {type(bad).__name__}: use numbers, bands and + - * / **")
    return tree


def _check_expression(expression: str) -> str:
    band_names(expression)
    return expression.strip()


class SpectralIndex(BaseModel):
    """An index to measure.

    Attributes:
        name: how tables and pictures call it; of `INDICES`, or the user's own expression's.
        expression: over asset keys that stand for reflectances of 0 to 1, whatever the product's offset and scale are.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    expression: Annotated[str, AfterValidator(_check_expression)]

    @classmethod
    def named(cls, text: str) -> "SpectralIndex":
        """Return the index of a name such as `ndvi`, or that of an expression.

        Raises:
            ValueError: it is neither.
        """
        name = text.strip()
        if name.lower() in INDICES:
            return cls(name=name.lower(), expression=INDICES[name.lower()])
        if name.isalpha():
            raise ValueError(
                f"there is no index {name!r}: write {', '.join(INDICES)}, or an expression over B01 to B12"
            )
        return cls(name="custom", expression=name)
