"""What becomes of the Item of an unpacked product when its files move into a container."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from models.area import JsonDict
from stac.checksum import multihash
from stac.copernicus_properties import EXTENSIONS

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
JPEG_2000 = "image/jp2"


class StagedFile(NamedTuple):
    """A file in the staging container.

    Attributes:
        url: unsigned.
        size: bytes.
        md5: of the bytes, in hexadecimal.
        media_type: what it is now, which conversion may have changed.
    """

    url: str
    size: int
    md5: str
    media_type: str


def with_staged_assets(item: JsonDict, staged: Mapping[str, StagedFile]) -> JsonDict:
    """Return the Item with the staged files as its assets; assets that were not staged are left out.

    Args:
        staged: files by asset key.
    """
    assets = {key: _moved(item["assets"][key], file) for key, file in staged.items()}
    schemas = [*item.get("stac_extensions", []), EXTENSIONS["file"]]
    return {**item, "assets": assets, "stac_extensions": list(dict.fromkeys(schemas))}


def _moved(asset: JsonDict, file: StagedFile) -> JsonDict:
    checked = {"file:size": file.size, "file:checksum": multihash("MD5", file.md5)}
    return {**asset, "href": file.url, "type": file.media_type, **checked}


def local_assets(item: JsonDict, exists: Callable[[str], bool]) -> tuple[dict[str, str], list[str]]:
    """Return the files of an Item's assets by key, and the keys of those that are not there.

    Args:
        exists: tells whether there is a file of this name.
    """
    hrefs = {key: str(asset.get("href") or "") for key, asset in item["assets"].items()}
    there = {key: href for key, href in hrefs.items() if href and exists(href)}
    return there, sorted(set(hrefs) - set(there))
