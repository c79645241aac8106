"""From a downloaded product to its Item, whose assets lie in the staging container."""

import mimetypes
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from clients.blob import BlobContainer, Stored
from clients.copernicus.disk import no_space_as_ours
from models.area import JsonDict
from models.copernicus import DownloadedProduct
from stac.copernicus_item import FILE_ASSET, file_asset, is_unpacked, item_id_of, item_of, with_provenance
from stac.safe_item import COG, JPEG_2000, StagedFile, local_assets, with_staged_assets
from tasks.cog import convert_to_cog
from tasks.operation_watch import STOPPING
from tasks.safe import UnreadableProduct, sentinel2_item, unpack
from tasks.stopping import raise_if_stopping

FOLDER = "copernicus"
"""Folder of the staging container; below it are one of the Collection, and one of the product."""
UNPACKED = ".unpacked"
"""End of the names of folders into which products are unpacked, beside their files."""
LOCK = "in-use.lock"
"""File in such a folder, locked by the process that unpacked it."""


@dataclass
class ProductStaging:
    """Stages products; safe to share between threads.

    Attributes:
        convert: whether JPEG 2000 is converted to COG.
        catalogue_url: of the OData catalogue, for the links to records.
        sent: bytes that were sent, of all products.
    """

    blobs: BlobContainer
    convert: bool
    catalogue_url: str
    sent: int = 0

    def stage(self, downloaded: DownloadedProduct) -> JsonDict:
        """Put a product's files into the container; return its Item. Running it again sends nothing twice.

        Raises:
            UnreadableProduct, NotConverted: the product is not what its name says.
            CredentialsError, TransientError, RefusedError: of the container.
            ValueError: the product has no footprint.
            Stopped: the process is asked to stop; asked before each file, and before each block of one.
        """
        product = downloaded.product
        if is_unpacked(product):
            with _unpacked(Path(downloaded.path)) as safe:
                item = {**sentinel2_item(safe), "id": item_id_of(product)}
                staged = self._stage_assets(item, safe, self._folder(downloaded))
        else:
            item = {**item_of(product), "assets": {FILE_ASSET: file_asset(product)}}
            media_type = item["assets"][FILE_ASSET]["type"]
            path = f"{self._folder(downloaded)}/{product.file_name}"
            staged = {FILE_ASSET: self._put(path, Path(downloaded.path), media_type)}
        item = with_provenance(item, product, downloaded.downloaded, self.catalogue_url)
        return with_staged_assets(item, staged)

    def _folder(self, downloaded: DownloadedProduct) -> str:
        return f"{FOLDER}/{downloaded.product.collection}/{downloaded.product.name}"

    def _stage_assets(self, item: JsonDict, safe: Path, folder: str) -> dict[str, StagedFile]:
        files, missing = local_assets(item, lambda name: Path(name).is_file())
        lost = [key for key in missing if "data" in (item["assets"][key].get("roles") or [])]
        if lost:
            raise UnreadableProduct(f"{safe.name} lacks the files of {', '.join(lost)}, which its metadata name.")
        return {key: self._stage_file(Path(file), safe, folder) for key, file in files.items()}

    def _stage_file(self, file: Path, safe: Path, folder: str) -> StagedFile:
        raise_if_stopping()
        path = f"{folder}/{file.relative_to(safe).as_posix()}"
        media_type = _type_of(file)
        if not (self.convert and media_type == JPEG_2000):
            return self._put(path, file, media_type)
        with TemporaryDirectory(dir=file.parent) as place:
            converted = Path(place, f"{file.stem}.tif")
            convert_to_cog(file, converted)
            return self._put(str(Path(path).with_suffix(".tif")), converted, COG)

    def _put(self, path: str, file: Path, media_type: str) -> StagedFile:
        stored: Stored = self.blobs.put(path, file, media_type, STOPPING.is_set)
        self.sent += stored.sent
        return StagedFile(stored.url, stored.size, stored.md5, media_type)


@contextmanager
def _unpacked(archive: Path) -> Iterator[Path]:
    """Unpack a product beside it for as long as the block lasts.

    Raises:
        NoSpace: the disk is full.
    """
    with (
        TemporaryDirectory(dir=archive.parent, prefix=f"{archive.name}-", suffix=UNPACKED) as place,
        FileLock(Path(place, LOCK)),
        no_space_as_ours(archive.parent),
    ):
        yield unpack(archive, Path(place, "product"))


def remove_abandoned(folder: Path) -> None:
    """Remove what killed runs left unpacked: the system frees the lock of a process that ends, however it does."""
    for place in folder.glob(f"*{UNPACKED}"):
        with suppress(Timeout), FileLock(place / LOCK, timeout=0):
            shutil.rmtree(place, ignore_errors=True)


def _type_of(file: Path) -> str:
    if file.suffix.lower() == ".jp2":
        return JPEG_2000
    if file.suffix.lower() in (".xml", ".safe"):
        return "application/xml"
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"
