"""Files that are here already, by the manifests beside them."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from clients.copernicus.errors import WrongContent
from clients.copernicus.partial_file import whole_name
from clients.copernicus.verify import verify_file
from models.copernicus import DownloadedProduct, Product


def manifest_path(target: Path) -> Path:
    """Return where the manifest of a file is."""
    return target.with_name(f"{target.name}.json")


def find_downloaded(product: Product, folder: Path) -> DownloadedProduct | None:
    """Return the manifest of a product's file if it is in the folder and verified.

    A file that is as its manifest says, by size and modification time, is not read again. One without a manifest is
    compared with the catalogue, and gets one.
    """
    found = (_of_target(product, (folder / whole_name(product, is_zip=zipped)).absolute()) for zipped in (True, False))
    return next((each for each in found if each is not None), None)


def _of_target(product: Product, target: Path) -> DownloadedProduct | None:
    if not target.is_file():
        return None
    known = _read(target)
    if known is not None and known.product.modified == product.modified and _is_unchanged(target, known):
        return known
    try:
        verified_by, checksum = verify_file(target, product)
    except WrongContent:
        return None
    if verified_by == "nothing":
        return None
    return write_manifest(product, target, checksum=str(checksum), verified_by=verified_by)


def write_manifest(
    product: Product, target: Path, *, checksum: str, verified_by: str, fetched: int = 0, seconds: float = 0.0
) -> DownloadedProduct:
    """Write the manifest of a file that was verified, and return it."""
    status = target.stat()
    manifest = DownloadedProduct(
        product=product,
        path=str(target),
        size=status.st_size,
        checksum=checksum,
        verified_by=verified_by,
        fetched=fetched,
        seconds=round(seconds, 3),
        downloaded=datetime.now(UTC),
        modified_ns=status.st_mtime_ns,
    )
    manifest_path(target).write_text(manifest.model_dump_json(indent=1))
    return manifest


def _read(target: Path) -> DownloadedProduct | None:
    with suppress(OSError, ValidationError):
        return DownloadedProduct.model_validate_json(manifest_path(target).read_bytes())
    return None


def _is_unchanged(target: Path, known: DownloadedProduct) -> bool:
    status = target.stat()
    return (status.st_size, status.st_mtime_ns) == (known.size, known.modified_ns)
