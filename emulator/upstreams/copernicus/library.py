"""All products that the catalogue has, by the configuration."""

import hashlib
import threading
from itertools import chain
from pathlib import Path

from emulator.upstreams.copernicus.config import CatalogueConfig
from emulator.upstreams.copernicus.many_products import extra_products, large_products
from emulator.upstreams.copernicus.other_missions import other_products
from emulator.upstreams.copernicus.products import Product
from emulator.upstreams.copernicus.sentinel2 import sentinel2_products

_Size = tuple[int, int, int]


class Library:
    """Thread-safe. Products are made when somebody first asks, and again when their number changes."""

    def __init__(self, content: Path | None) -> None:
        """Know the products of a content folder.

        Args:
            content: folder of `ensure_content`; None: no Sentinel-2 products.
        """
        self._content = content
        self._lock = threading.Lock()
        self._fixed: list[Product] | None = None
        self._size: _Size | None = None
        self._by_id: dict[str, Product] = {}

    def products(self, config: CatalogueConfig) -> list[Product]:
        """Return all products, in no particular order."""
        return list(self._known(config).values())

    def find(self, product_id: str, config: CatalogueConfig) -> Product | None:
        """Return one product, or None."""
        return self._known(config).get(product_id.lower())

    def _known(self, config: CatalogueConfig) -> dict[str, Product]:
        size = (config.extra_products, config.large_products, config.large_bytes)
        with self._lock:
            if size != self._size:
                if self._fixed is None:
                    self._fixed = self._make_fixed()
                more = chain(extra_products(size[0]), large_products(size[1], size[2]))
                self._by_id = {product.id: product for product in chain(self._fixed, more)}
                self._size = size
            return self._by_id

    def _make_fixed(self) -> list[Product]:
        content = self._content
        scenes = sentinel2_products(content, _cache_of(content)) if content else ()
        return [*scenes, *other_products()]


def _cache_of(content: Path) -> Path:
    """A folder beside the content whose name changes with the content and with this code."""
    digest = hashlib.sha256(content.name.encode())
    here = Path(__file__).parent
    for file in (*sorted(here.glob("sentinel2*.py")), here / "zips.py"):
        digest.update(file.read_bytes())
    return content.parent / f"copernicus-{digest.hexdigest()[:12]}"
