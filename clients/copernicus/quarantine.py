"""Whole files whose checksum in the catalogue is another: kept apart, and not fetched again while nothing changes."""

from pathlib import Path

from clients.copernicus.errors import ProductNotDownloaded, WrongContent
from clients.copernicus.manifest import write_manifest
from clients.copernicus.partial_file import PartialFile, whole_name
from clients.copernicus.verify import verify_file
from models.copernicus import DownloadedProduct, Product, ProductState
from models.failure import FailureClass

QUARANTINE = "quarantine"
"""Folder, in that of the downloads."""


def quarantine(part: PartialFile, folder: Path, wrong: WrongContent, product: Product) -> ProductNotDownloaded:
    """Put a received file apart; return what there is to say of it."""
    place = folder / QUARANTINE
    place.mkdir(exist_ok=True)
    kept = part.complete(place)
    return _refusal(product, f"{wrong}, though the same undamaged file came twice: the catalogue seems wrong.", kept)


def find_quarantined(product: Product, folder: Path) -> DownloadedProduct | None:
    """Return the manifest of a file that was put apart, and that the catalogue describes now; it is put back.

    Raises:
        ProductNotDownloaded: the catalogue still says what it said when the file came: it would come a third time.
    """
    names = {whole_name(product, is_zip=is_zip) for is_zip in (True, False)}
    kept = next((path for name in names if (path := folder / QUARANTINE / name).is_file()), None)
    if kept is None:
        return None
    try:
        verified_by, checksum = verify_file(kept, product)
    except WrongContent as wrong:
        if _has_changed_since(product, kept):
            return None
        raise _refusal(product, f"{wrong}, as before: it was not fetched again.", kept) from None
    target = kept.replace(folder.absolute() / kept.name)
    return write_manifest(product, target, checksum=str(checksum), verified_by=verified_by)


def _has_changed_since(product: Product, kept: Path) -> bool:
    return product.modified is not None and product.modified.timestamp() > kept.stat().st_mtime


def _refusal(product: Product, said: str, kept: Path) -> ProductNotDownloaded:
    return ProductNotDownloaded(
        ProductState.CORRUPT,
        "UpstreamChecksumWrong",
        f"{product.name}: {said} The file is kept as {kept}; delete it to have it fetched anew.",
        FailureClass.PERMANENT,
    )
