"""Files behind signed hrefs: do they answer, and are they what their type says?"""

from io import BytesIO

import requests
from PIL import Image, UnidentifiedImageError

from clients.http_session import TIMEOUT, open_session
from models.area import JsonDict
from models.errors import RefusedError
from models.redact import without_query

FIRST_BYTES = 64
"""Bytes asked for: enough for the signature of every format below."""
NOT_DECODED = 0
"""Status of the error for an asset that answers, but is no image that can be decoded here."""
_SIGNATURES = {
    "image/tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),  # classic TIFF and BigTIFF
    "image/png": (b"\x89PNG",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/jp2": (b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51"),
}
Image.MAX_IMAGE_PIXELS = 20_000**2
"""Pixels; a Sentinel-2 band has 10,980 x 10,980, which Pillow's default takes for an attack."""


class AssetReader:
    """Reads signed assets; safe to share between threads."""

    def __init__(self) -> None:
        self._http = open_session()

    def problem_with(self, asset: JsonDict) -> str | None:
        """Return why the asset's first bytes are not as its type promises, or None if they are.

        Args:
            asset: STAC Asset with a signed href.
        """
        try:
            head = self._first_bytes(asset["href"])
        except requests.RequestException as error:
            return f"it does not answer ({type(error).__name__})"
        if isinstance(head, int):
            return f"it answers {head}"
        if not head:
            return "it is empty"
        expected = _SIGNATURES.get(str(asset.get("type", "")).partition(";")[0].strip())
        if expected and not head.startswith(expected):
            return f"its bytes are not {asset['type'].partition(';')[0]}"
        return None

    def image_size(self, asset: JsonDict) -> tuple[int, int, int]:
        """Download an image whole and decode it; return width, height in pixels, and bytes.

        Raises:
            RefusedError: it does not answer, or no image can be decoded from it.
        """
        name = without_query(asset["href"]).rpartition("/")[2]
        try:
            response = self._http.get(asset["href"], timeout=TIMEOUT)
        except requests.RequestException as error:
            raise RefusedError(f"The asset {name} cannot be downloaded ({type(error).__name__}).") from None
        if response.status_code != 200:
            raise RefusedError(f"The asset {name} answers {response.status_code}.", response.status_code)
        try:
            with Image.open(BytesIO(response.content)) as image:
                image.load()
                return image.width, image.height, len(response.content)
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            reason = "" if "object at 0x" in str(error) else f" ({error})"
            raise RefusedError(f"The asset {name} cannot be decoded as an image{reason}.", NOT_DECODED) from None

    def _first_bytes(self, href: str) -> bytes | int:
        """Return the first bytes, or the HTTP status if there are none to be had."""
        headers = {"Range": f"bytes=0-{FIRST_BYTES - 1}"}
        with self._http.get(href, headers=headers, timeout=TIMEOUT, stream=True) as response:
            if response.status_code not in (200, 206):
                return response.status_code
            return next(response.iter_content(FIRST_BYTES), b"")
