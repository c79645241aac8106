"""What an answer of the download host means, and what is done about it: the decision table, without a connection."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import NoReturn

from clients.copernicus.errors import Interrupted, ProductNotDownloaded, StartOver, Throttled, TokenRefused
from clients.copernicus.partial_file import Sidecar
from models.copernicus import Product, ProductState
from models.redact import redact

ANSWERS = (200, 206, 416)
"""Statuses that `step_of` deals with."""
TRANSIENT = (408, 425, 500, 502, 503, 504)
TOKEN_TOO_OLD = ("DAT-ZIP-109", "DAT-ZIP-604")
WRONG_AUDIENCE = "DAT-ZIP-609"
NO_LICENCE = "DAT-ZIP-608"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)$")


class Step(Enum):
    """What to do with the body of an answer."""

    APPEND = "append"
    """It continues the partial file."""
    FROM_START = "from start"
    """It is the whole file."""
    COMPLETE = "complete"
    """There is none: the partial file is whole already."""


class NotGiven(ProductNotDownloaded):
    """HTTP 404 or 403: deleted or gone offline since the search, or not for this account.

    What it says holds if the catalogue, asked again, still has the product.
    """


def step_of(status: int, headers: Mapping[str, str], offset: int, sidecar: Sidecar) -> Step:
    """Return what to do with an answer of success, or of a range that cannot be had.

    Servers of the Data Space answered ranges rightly, not at all, and otherwise: nothing is appended unless start,
    total and tag agree with what is there.

    Args:
        offset: bytes that are there; the range asked for began with it. 0: no range was asked for.
        sidecar: what they are a part of.

    Raises:
        StartOver: the range is another one than was asked for, or lies beyond the file's end.
        Interrupted: a range came though none was asked for.
    """
    if offset == 0 and status != 200:
        raise Interrupted(f"it answered {status} though no range was asked for", "WrongRange")
    if status == 416:
        if sidecar.total == offset or _total_of_unsatisfied(headers) == offset:
            return Step.COMPLETE
        raise StartOver(f"no range from {offset} on")
    if status != 206:
        return Step.FROM_START
    match = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
    start, total = (int(match[1]), match[3]) if match else (-1, "")
    if start != offset:
        raise StartOver(f"a range from {start} on in the place of {offset}")
    if sidecar.total is not None and total not in ("*", str(sidecar.total)):
        raise StartOver(f"a file of {total} bytes in the place of {sidecar.total}")
    if sidecar.etag and headers.get("ETag", sidecar.etag) != sidecar.etag:
        raise StartOver("another file than the one begun")
    return Step.APPEND


def total_of(headers: Mapping[str, str], product: Product) -> int | None:
    """Return the bytes of a whole file: as the answer says, else as the catalogue does, else None."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isdigit() else product.size


def raise_for_refusal(status: int, code: str, message: str, headers: Mapping[str, str], product: Product) -> NoReturn:
    """Say what an answer that is none of `ANSWERS` means.

    Raises:
        Throttled, Interrupted, TokenRefused: wait, repeat, or renew the token.
        NotGiven: 404, or a 403 without a known code.
        ProductNotDownloaded: refused for good.
    """
    said = f"{status} {code}".strip() + (f": {redact(message).rstrip('.')}" if message else "")
    about = f"{product.name}: the download host answered {said}."
    if status == 429:
        raise Throttled(about, code or "HTTP429", retry_after(headers))
    if status in TRANSIENT:
        raise Interrupted(f"the download host answered {said}", code or f"HTTP{status}", retry_after(headers))
    if status == 401 and code != WRONG_AUDIENCE:
        raise TokenRefused(about)
    if status == 404:
        fix = "The catalogue has it all the same: run again later, or ask the Data Space's help desk if this lasts."
        raise NotGiven(ProductState.FAILED, code or "HTTP404", f"{about} {fix}")
    if status == 403 and code != NO_LICENCE:
        raise NotGiven(ProductState.UNAUTHORISED, code or "HTTP403", f"{about} {_permit(code)}")
    if status in (401, 403):
        raise ProductNotDownloaded(ProductState.UNAUTHORISED, code or f"HTTP{status}", f"{about} {_permit(code)}")
    raise ProductNotDownloaded(ProductState.FAILED, code or f"HTTP{status}", about)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, as number or date; None where it does not say."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        date, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return max(0.0, (date - now).total_seconds())


def _permit(code: str) -> str:
    if code == NO_LICENCE:
        return "Accept the licence of this Collection for the account, at https://dataspace.copernicus.eu."
    if code == WRONG_AUDIENCE:
        return (
            "The token is meant for another service: sign in with user name and password of a Copernicus account,"
            " not with an OAuth client of Sentinel Hub."
        )
    return "Check that the account may download this Collection."


def _total_of_unsatisfied(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Range", "").removeprefix("bytes */")
    return int(text) if text.isdigit() else None
