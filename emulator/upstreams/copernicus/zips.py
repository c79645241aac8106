"""Zips with the same bytes on every run."""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from typing import IO

_MADE = (2024, 1, 1, 0, 0, 0)
COMPRESSED = (".xml", ".safe", ".html")


def write_zip(target: IO[bytes], members: Iterable[tuple[str, bytes]]) -> None:
    """Write (path, bytes) pairs; rasters are stored, as they are compressed already, and text is deflated."""
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in members:
            member = zipfile.ZipInfo(path, _MADE)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED if path.endswith(COMPRESSED) else zipfile.ZIP_STORED
            archive.writestr(member, data)


def zip_bytes(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a small zip."""
    buffer = BytesIO()
    write_zip(buffer, members)
    return buffer.getvalue()
