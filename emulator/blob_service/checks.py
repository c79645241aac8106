"""What the headers of a write say of its content."""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error

from starlette.datastructures import Headers

from emulator.blob_service.refusals import BlobRefused, invalid_header

_META = "x-ms-meta-"


def check_md5(headers: Headers, body: bytes) -> str:
    """Return the MD5 of the body in base64.

    Raises:
        BlobRefused: Content-MD5 says another one.
    """
    digest = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("content-md5", digest) != digest:
        text = "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
        raise BlobRefused(400, "Md5Mismatch", text)
    if "x-ms-content-crc64" in headers or "x-ms-structured-body" in headers:
        raise BlobRefused(501, "NotImplemented", "The emulator checks MD5 only, no CRC64.")
    return digest


def stated_md5(headers: Headers) -> str:
    """Return x-ms-blob-content-md5 in hexadecimal, which Azure keeps without a check; empty without one."""
    text = headers.get("x-ms-blob-content-md5")
    if not text:
        return ""
    try:
        digest = b64decode(text, validate=True)
    except Error:
        digest = b""
    if len(digest) != 16:
        raise invalid_header("x-ms-blob-content-md5")
    return digest.hex()


def metadata_of(headers: Headers) -> dict[str, str]:
    """Return the metadata by name."""
    return {name.removeprefix(_META): value for name, value in headers.items() if name.startswith(_META)}
