"""Unpack a Sentinel-2 product (SAFE), and make the Item that stactools-sentinel2 reads from it."""

import warnings
import zipfile
import zlib
from pathlib import Path

from models.area import JsonDict
from models.errors import GeoCatalogFlowsError

MANIFEST = "manifest.safe"
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError)
"""What zipfile raises of a file that it cannot read; RuntimeError of one that is encrypted or packed otherwise."""


class UnreadableProduct(GeoCatalogFlowsError):
    """A product is not what its name says, though its checksum may be right."""


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a product into a folder; return the SAFE folder in it, which has the manifest.

    Raises:
        UnreadableProduct: it is no zip, is broken, or holds no manifest.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
    except _BROKEN as error:
        raise UnreadableProduct(f"{archive.name} cannot be unpacked: {str(error) or type(error).__name__}.") from None
    found = sorted(folder.rglob(MANIFEST), key=lambda path: len(path.parts))
    if not found:
        raise UnreadableProduct(f"{archive.name} holds no {MANIFEST}: it is no SAFE product.")
    return found[0].parent


def sentinel2_item(safe: Path) -> JsonDict:
    """Return the Item of an unpacked Sentinel-2 product; the hrefs of its assets are paths on this machine.

    Args:
        safe: its folder, whose name ends in .SAFE.

    Raises:
        UnreadableProduct: its metadata are not as stactools-sentinel2 expects them.
    """
    from stactools.sentinel2.stac import create_item  # takes a second

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The exterior ring of this shape is wound clockwise")  # it is mended
        try:
            item = create_item(str(safe))
        except Exception as error:  # stactools raises bare Exceptions, AssertionErrors and what lxml does
            reason = str(error).strip() or type(error).__name__
            raise UnreadableProduct(f"stactools-sentinel2 makes no Item of {safe.name}: {reason}") from error
    made: JsonDict = item.to_dict(include_self_link=False, transform_hrefs=False)
    return made
