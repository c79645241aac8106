"""Kinds of mishap that strike downloads: their names, and what each does."""

from typing import Literal

Kind = Literal[
    "truncated",
    "reset",
    "server-error",
    "too-many",
    "token-expired",
    "token-lost",
    "corrupt",
    "too-long",
    "no-length",
    "range-ignored",
    "range-wrong",
    "range-refused",
    "wrong-audience",
    "licence",
    "missing",
    "offline",
    "wrong-checksum",
    "unknown-checksum",
    "deleted",
]
Act = Literal[
    "cut",
    "reset",
    "server-error",
    "too-many",
    "token-expired",
    "token-lost",
    "corrupt",
    "too-long",
    "no-length",
    "range-ignored",
    "range-wrong",
    "range-refused",
    "wrong-audience",
    "licence",
    "missing",
]

PASSING: dict[Kind, tuple[Act, ...]] = {
    "truncated": ("cut",),
    "reset": ("reset",),
    "server-error": ("server-error",),
    "too-many": ("too-many",),
    "token-expired": ("token-expired",),
    "token-lost": ("token-lost",),
    "corrupt": ("corrupt",),
    "too-long": ("too-long",),
    "no-length": ("no-length",),
    "range-ignored": ("cut", "range-ignored"),
    "range-wrong": ("cut", "range-wrong"),
    "range-refused": ("cut", "range-refused"),
}
"""What happens to successive downloads of a product; afterwards all is well. A Range is asked for only after a cut."""

LASTING: dict[Kind, Act] = {"wrong-audience": "wrong-audience", "licence": "licence", "missing": "missing"}
"""What happens to every download of a product."""

OF_THE_RECORD: tuple[Kind, ...] = ("offline", "wrong-checksum", "unknown-checksum", "deleted")
"""What the catalogue says of a product; its download is as usual, but that nothing offline or deleted can be had."""
