"""Fills the upstream catalog: the generated content, and Items from files."""

import gzip
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from emulator.blobs import UPSTREAM_ROOT, BlobStore
from emulator.content.generate import COLLECTIONS_FILE, ITEMS_FILE
from emulator.content.inferred_collection import InferredCollection
from emulator.item_store import ItemStore
from emulator.json_types import JsonDict

_AZURE_BLOB = re.compile(rb"https://([a-z0-9]{3,24})\.blob\.core\.windows\.net/")
_PLANETARY_COMPUTER = b"https://planetarycomputer.microsoft.com/api/"
_BATCH = 1000


class UnreadableItems(Exception):
    """A file of Items has a line that is no STAC Item; the message names file and line."""


class ContentLoader:
    """Loads STAC documents and rewrites their hosts, so that nothing leads off this machine."""

    def __init__(self, upstream: ItemStore, blobs: BlobStore, public_url: str) -> None:
        """Load into `upstream`; blobs that Items mention become stand-ins unless there is a file."""
        self._upstream = upstream
        self._blobs = blobs
        self._public_url = public_url.rstrip("/")

    def load_generated(self, folder: Path) -> int:
        """Load a content folder of `ensure_content`; return the number of its Items."""
        collections = orjson.loads(self._local((folder / COLLECTIONS_FILE).read_bytes()))
        for collection in collections:
            self._upstream.put_collection(collection)
        return self.load_file(folder / ITEMS_FILE)

    def load_file(self, file: Path) -> int:
        """Add the Items of an `.ndjson` or `.ndjson.gz` file; return their number.

        Unknown Collections are made from their Items.

        Raises:
            OSError: the file cannot be read.
            UnreadableItems: a line is not JSON, or not an Item with id, collection and assets.
        """
        return self._load(self._items(file), str(file))

    def localized(self, documents: Iterable[Any]) -> list[JsonDict]:
        """Return Items with their hosts rewritten as loading does; nothing is stored.

        Raises:
            UnreadableItems: one is not an Item with id, collection and assets; named by its number.
        """
        return [self._item(orjson.dumps(document), f"item {n}") for n, document in enumerate(documents, start=1)]

    def load_items(self, items: Iterable[JsonDict]) -> int:
        """Add or replace Items that are `localized`; return their number.

        Raises:
            UnreadableItems: one has no readable datetime or geometry.
        """
        return self._load(iter(items), "items")

    def _load(self, remaining: Iterator[JsonDict], place: str) -> int:
        inferred: dict[str, InferredCollection] = {}
        count = 0
        while items := list(islice(remaining, _BATCH)):
            self._put(items, place)
            self._blobs.add_stand_ins(self._blob_hrefs(items))
            for item in items:
                inferred.setdefault(item["collection"], InferredCollection(item)).add(item)
            count += len(items)
        for collection_id, found in inferred.items():
            if self._upstream.get_collection(collection_id) is None:
                self._upstream.put_collection(found.collection())
        return count

    def _items(self, file: Path) -> Iterator[JsonDict]:
        with _open(file) as lines:
            try:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield self._item(line, f"{file}, line {number}")
            except (gzip.BadGzipFile, EOFError) as error:
                raise UnreadableItems(f"{file} is not a gzip file, or cut off: {error}") from None

    def _item(self, line: bytes, place: str) -> JsonDict:
        try:
            item = orjson.loads(self._local(line))
        except orjson.JSONDecodeError as error:
            raise UnreadableItems(f"{place}: not JSON ({error})") from None
        if not (isinstance(item, dict) and {"id", "collection", "assets", "properties"} <= item.keys()):
            raise UnreadableItems(f"{place}: not a STAC Item with id, collection, properties and assets")
        for key, asset in dict(item["assets"]).items():
            if not (isinstance(asset, dict) and isinstance(asset.get("href"), str)):
                raise UnreadableItems(f"{place}: asset '{key}' has no href")
        return cast(JsonDict, item)

    def _put(self, items: Iterable[JsonDict], place: str) -> None:
        try:
            self._upstream.put_items(items)
        except (KeyError, ValueError) as error:
            raise UnreadableItems(f"{place}: {error}") from error

    def _blob_hrefs(self, items: Iterable[JsonDict]) -> Iterator[str]:
        root = self._public_url + UPSTREAM_ROOT
        for item in items:
            for asset in item["assets"].values():
                if asset["href"].startswith(root):
                    yield asset["href"]

    def _local(self, document: bytes) -> bytes:
        base = self._public_url.encode()
        document = document.replace(_PLANETARY_COMPUTER, base + b"/planetary-computer/api/")
        return _AZURE_BLOB.sub(base + UPSTREAM_ROOT.encode() + rb"\1/", document)


def _open(file: Path) -> BinaryIO:
    opener = gzip.open if file.suffix == ".gz" else open
    return cast(BinaryIO, opener(file, "rb"))
