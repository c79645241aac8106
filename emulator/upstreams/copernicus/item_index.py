"""The products' Items in a store that can be searched."""

import threading
from pathlib import Path

from emulator.content.inferred_collection import InferredCollection
from emulator.item_store import ItemStore
from emulator.upstreams.copernicus.products import Product
from emulator.upstreams.copernicus.stac_items import collection_of, item_of


class ItemIndex:
    """Thread-safe. Filled when somebody first asks, and again when there are other products."""

    def __init__(self, path: Path) -> None:
        """Keep the store in this file; it is opened when it is needed."""
        self._path = path
        self._lock = threading.Lock()
        self._store: ItemStore | None = None
        self._held: list[Product] = []

    def of(self, products: list[Product]) -> ItemStore:
        """Return a store with the Items of these products."""
        with self._lock:
            if self._store is None:
                self._store = ItemStore(self._path)
            if products != self._held:
                _fill(self._store, products)
                self._held = products
            return self._store

    def close(self) -> None:
        """Close the file, if it was opened."""
        with self._lock:
            if self._store:
                self._store.close()


def _fill(store: ItemStore, products: list[Product]) -> None:
    store.clear()
    items = [item_of(product) for product in products if collection_of(product)]
    store.put_items(items)
    collections: dict[str, InferredCollection] = {}
    for item in items:
        collections.setdefault(item["collection"], InferredCollection(item)).add(item)
    for collection in collections.values():
        store.put_collection(collection.collection())
