"""Conditional headers: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since."""

from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers

from emulator.blob_service.properties import BlobProperties
from emulator.blob_service.refusals import BlobRefused, invalid_header

_UNMET = "The condition specified using HTTP conditional header(s) is not met."


def check_read(headers: Headers, found: BlobProperties) -> None:
    """Refuse to read a blob whose conditions are not met: 412, or 304 where nothing is new."""
    _check_existing(headers, found)
    wanted = headers.get("if-none-match")
    if wanted is not None and wanted in ("*", found.etag):
        raise _unchanged(found)
    since = _seconds(headers, "if-modified-since")
    if wanted is None and since is not None and int(found.modified) <= since:
        raise _unchanged(found)


def check_write(headers: Headers, found: BlobProperties | None) -> None:
    """Refuse to write a blob whose conditions are not met: 409 where it must not exist, else 412."""
    if found is None:
        if headers.get("if-match") is not None:
            raise BlobRefused(412, "ConditionNotMet", _UNMET)
        return
    if headers.get("if-none-match") == "*":
        raise BlobRefused(409, "BlobAlreadyExists", "The specified blob already exists.")
    if headers.get("if-none-match") == found.etag:
        raise BlobRefused(412, "ConditionNotMet", _UNMET)
    _check_existing(headers, found)


def _check_existing(headers: Headers, found: BlobProperties) -> None:
    wanted = headers.get("if-match")
    if wanted is not None and wanted not in ("*", found.etag):
        raise BlobRefused(412, "ConditionNotMet", _UNMET)
    since = _seconds(headers, "if-unmodified-since")
    if since is not None and int(found.modified) > since:
        raise BlobRefused(412, "ConditionNotMet", _UNMET)


def _unchanged(found: BlobProperties) -> BlobRefused:
    return BlobRefused(304, "ConditionNotMet", _UNMET, headers={"ETag": found.etag})


def _seconds(headers: Headers, name: str) -> float | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        raise invalid_header(name) from None
