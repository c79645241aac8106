"""The checksum by which a file is compared with the catalogue: BLAKE3 where both sides have it, else MD5."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.copernicus import Product

HAS_BLAKE3 = find_spec("blake3") is not None
"""The extra `copernicus` brings it; without it, MD5 and the CRCs of zips are what files are compared by."""
BLOCK = 1 << 18
"""Bytes read at a time."""


class Checksum:
    """Checksum of a file while it is read or written.

    Attributes:
        algorithm: `blake3` or `md5`.
    """

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._hash: Any = _new_blake3() if algorithm == "blake3" else hashlib.md5(usedforsecurity=False)

    def update(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self._hash.update(chunk)

    def read(self, path: Path) -> "Checksum":
        """Add what a file holds."""
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                self.update(block)
        return self

    @property
    def digits(self) -> str:
        """Hexadecimal digits."""
        return str(self._hash.hexdigest())

    def __str__(self) -> str:
        """Return algorithm and digits, with a colon between them."""
        return f"{self.algorithm}:{self.digits}"


def _new_blake3() -> Any:
    from blake3 import blake3

    return blake3()


def checksum_for(product: Product) -> Checksum:
    """Return an empty checksum for the comparison with the product.

    BLAKE3 takes a fourth of the time of MD5, which at 1 GB/s would take more of it than the download itself. The
    catalogue has both of all newer products.
    """
    by_blake3 = HAS_BLAKE3 and (product.blake3 is not None or product.md5 is None)
    return Checksum("blake3" if by_blake3 else "md5")


def digits_of(product: Product, algorithm: str) -> str | None:
    """Return what the catalogue says, in lower case; None if it does not."""
    digits = product.blake3 if algorithm == "blake3" else product.md5
    return digits.lower() if digits else None
