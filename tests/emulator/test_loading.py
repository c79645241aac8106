"""Items from files: hosts rewritten, Collections made up, stand-ins for what has no bytes."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pystac
import pytest

from emulator.blobs import BlobStore
from emulator.content.loading import ContentLoader, UnreadableItems
from emulator.item_store import ItemStore
from tests.emulator.catalog import SCENES, upstream_scene

URL = "http://127.0.0.1:8090"


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[ItemStore]:
    store = ItemStore(tmp_path / "upstream.sqlite")
    yield store
    store.close()


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobStore]:
    store = BlobStore(tmp_path / "data", tmp_path / "no-content")
    yield store
    store.close()


@pytest.fixture
def loader(upstream: ItemStore, blobs: BlobStore) -> ContentLoader:
    return ContentLoader(upstream, blobs, URL)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A gzipped file of Items with a blank line in it."""
    lines = [json.dumps(upstream_scene(number)) for number in range(SCENES)]
    path = tmp_path / "items.ndjson.gz"
    path.write_bytes(gzip.compress("\n\n".join(lines).encode()))
    return path


def test_hosts_are_rewritten_and_mentioned_blobs_exist(
    loader: ContentLoader, upstream: ItemStore, blobs: BlobStore, file: Path
) -> None:
    assert loader.load_file(file) == SCENES == upstream.count_items("test-scenes")

    item = upstream.get_item("test-scenes", "scene-07")
    assert item is not None
    href = item["assets"]["B09"]["href"]
    assert href == f"{URL}/planetary-computer/blob/testaccount/scenes/scene-07/B09.tif"
    container, _, path = href.partition("/scene-07/")
    assert blobs.exists(container, f"scene-07/{path}")
    assert not blobs.exists(container, "scene-07/B10.tif")


def test_an_unknown_collection_is_made_from_its_items(loader: ContentLoader, upstream: ItemStore, file: Path) -> None:
    loader.load_file(file)

    collection = upstream.get_collection("test-scenes")
    assert collection is not None
    pystac.Collection.from_dict(collection)
    assert (collection["msft:storage_account"], collection["msft:container"]) == ("testaccount", "scenes")
    assert collection["extent"]["spatial"]["bbox"] == [pytest.approx([-22.0, 63.0, -19.0, 63.1])]
    assert collection["extent"]["temporal"]["interval"] == [["2024-02-01T12:00:00Z", "2024-02-28T12:00:00Z"]]
    assert set(collection["item_assets"]) == {"B09", "metadata"}


def test_a_known_collection_stays_as_it_is(loader: ContentLoader, upstream: ItemStore, file: Path) -> None:
    upstream.put_collection({"id": "test-scenes", "title": "kept"})
    loader.load_file(file)
    assert upstream.get_collection("test-scenes") == {"id": "test-scenes", "title": "kept"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: not a STAC Item"),
        ('{"type": "Collection", "id": "c"}', "line 2: not a STAC Item"),
        ('{"id": "i", "collection": "c", "assets": {"a": {}}, "properties": {}}', "line 2: asset 'a' has no href"),
        ('{"id": "i", "collection": "c", "assets": {}, "properties": {}}', "datetime"),
    ],
)
def test_a_bad_line_is_named(loader: ContentLoader, tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "bad.ndjson"
    file.write_text(json.dumps(upstream_scene(1)) + "\n" + line)
    with pytest.raises(UnreadableItems, match=reason):
        loader.load_file(file)


def test_a_file_that_is_not_gzip_is_said_so(loader: ContentLoader, tmp_path: Path) -> None:
    file = tmp_path / "items.ndjson.gz"
    file.write_text(json.dumps(upstream_scene(1)))
    with pytest.raises(UnreadableItems, match="is not a gzip file"):
        loader.load_file(file)
