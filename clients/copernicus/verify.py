"""Is a file what the catalogue describes?"""

import zipfile
import zlib
from pathlib import Path

from clients.copernicus.checksum import Checksum, checksum_for, digits_of
from clients.copernicus.errors import WrongContent
from models.copernicus import Product


def verify(path: Path, product: Product, checksum: Checksum) -> str:
    """Return by what a whole file was found to be right: md5, blake3, zip, size, or nothing that could be compared.

    Older products come without size and checksums: what is unknown is not compared, and zips are then tested by the
    CRCs that they hold.

    Args:
        checksum: of all of the file.

    Raises:
        WrongContent: it is not right.
    """
    name, got = checksum.algorithm, checksum.digits
    if (wanted := digits_of(product, name)) is not None:
        if wanted != got:
            said = f"its {name.upper()} is {got}, the catalogue says {wanted}"
            raise WrongContent(said, str(checksum), is_whole=_is_whole_zip(path))
        return name
    size = path.stat().st_size
    if product.size is not None and size != product.size:
        raise WrongContent(f"it has {size:,} bytes, the catalogue says {product.size:,}", str(checksum))
    if product.file_name.lower().endswith(".zip") or _begins_as_zip(path):
        if not _is_whole_zip(path):
            raise WrongContent("it is a damaged zip", str(checksum))
        return "zip"
    return "nothing" if product.size is None else "size"


def verify_file(path: Path, product: Product) -> tuple[str, Checksum]:
    """Return by what a file on disk was found to be right, and its checksum.

    Raises:
        WrongContent: it is not right.
    """
    checksum = checksum_for(product).read(path)
    return verify(path, product, checksum), checksum


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _is_whole_zip(path: Path) -> bool:
    """Tell whether a file is a zip whose members all have the CRCs that it says; reads all of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        return False
