"""The blob store: scene files, stand-ins, links to them, and uploads."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import rasterio
from PIL import Image

from emulator.blobs import BlobNotFound, BlobStore, container_url_of

UPSTREAM = "http://127.0.0.1:8090/planetary-computer/blob/acct/cont"
MANAGED = "http://127.0.0.1:8090/managed-storage/local/cat-01234567"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BlobStore]:
    """A store over one upstream file, `a/scene.txt`."""
    file = tmp_path / "content" / "blobs" / "acct" / "cont" / "a" / "scene.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"real bytes")
    blobs = BlobStore(tmp_path / "data", tmp_path / "content")
    yield blobs
    blobs.close()


def test_an_upstream_blob_is_a_file_or_a_mentioned_stand_in(store: BlobStore) -> None:
    assert store.exists(UPSTREAM, "a/scene.txt")
    assert not store.exists(UPSTREAM, "a/other.tif")

    store.add_stand_ins([f"{UPSTREAM}/a/other.tif"])

    assert store.exists(UPSTREAM, "a/other.tif")
    assert store.open(f"{UPSTREAM}/a/other.tif").content_type.startswith("image/tiff")


def test_a_path_cannot_leave_the_content_folder(store: BlobStore) -> None:
    assert not store.exists(UPSTREAM, "../../../../data/blobs.sqlite")


@pytest.mark.parametrize(("name", "bands"), [("B04.tif", 1), ("TCI_10m.tif", 3), ("p.png", 3), ("p.jpg", 3)])
def test_stand_in_images_are_readable(store: BlobStore, name: str, bands: int) -> None:
    store.add_stand_ins([f"{UPSTREAM}/{name}"])
    data = store.local_file(f"{UPSTREAM}/{name}")
    assert isinstance(data, bytes)
    if name.endswith(".tif"):
        with rasterio.MemoryFile(data) as memory, memory.open() as raster:
            assert raster.count == bands
            assert raster.read(1).any()
    else:
        assert len(Image.open(BytesIO(data)).getbands()) == bands


def test_a_link_serves_the_upstream_bytes_until_its_prefix_is_deleted(
    store: BlobStore,
) -> None:
    store.link(f"{MANAGED}/3f1/item/a.txt", f"{UPSTREAM}/a/scene.txt?sig=x")
    file = store.local_file(f"{MANAGED}/3f1/item/a.txt?sig=y")
    assert isinstance(file, Path)
    assert file.read_bytes() == b"real bytes"

    store.delete_prefix(f"{MANAGED}/3f1/item/")

    with pytest.raises(BlobNotFound):
        store.open(f"{MANAGED}/3f1/item/a.txt")


def test_an_upload_keeps_its_type_and_outlives_a_restart(store: BlobStore, tmp_path: Path) -> None:
    store.put(f"{MANAGED}/collection-assets/thumbnail/t.png", b"png", "image/png")
    store.close()

    again = BlobStore(tmp_path / "data", tmp_path / "content")
    blob = again.open(f"{MANAGED}/collection-assets/thumbnail/t.png")
    again.close()

    assert blob.content_type == "image/png"
    assert isinstance(blob.content, Path)
    assert blob.content.read_bytes() == b"png"


def test_the_container_of_a_blob_url() -> None:
    assert container_url_of(f"{UPSTREAM}/a/b.tif?sig=x") == UPSTREAM
    with pytest.raises(ValueError, match="not a blob"):
        container_url_of("http://127.0.0.1:8090/planetary-computer/api/stac/v1/x/y")
