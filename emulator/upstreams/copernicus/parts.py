"""Which part of a product answers a request: by its Range, by the configuration, and by a mishap."""

import re
from dataclasses import dataclass, replace

from emulator.upstreams.copernicus.config import DownloadConfig
from emulator.upstreams.copernicus.mishaps import Step
from emulator.upstreams.copernicus.products import Product
from emulator.upstreams.copernicus.transfer import Part

TOO_LONG = 1.03
"""A body that does not end where it should, and was not announced so: a client of the real service saw "103 %"."""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


@dataclass(frozen=True)
class Answer:
    """Status, headers and what is sent; no part: headers only."""

    status: int
    headers: dict[str, str]
    part: Part | None


def plan_answer(
    product: Product, step: Step | None, wanted: str | None, condition: str | None, config: DownloadConfig
) -> Answer:
    """Decide what to send.

    Args:
        product: whose bytes.
        step: mishap of this download.
        wanted: Range header; forms other than `a-b` and `a-` are ignored.
        condition: If-Range header.
        config: how ranges are answered, pace, and whether there are ETags.
    """
    size, etag = product.body.size, f'"{product.checksums.md5}"'
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    headers["Content-Disposition"] = f'attachment; filename="{product.facts.name}.zip"'
    if config.etag:
        headers["ETag"] = etag
    mode = _range_mode(step, config)
    found = _RANGE.match(wanted or "")
    if found is None or mode == "ignored" or (condition is not None and not (config.etag and condition == etag)):
        part = _with_mishap(Part(0, size, pace=config.bytes_per_second), step)
        return Answer(200, headers | _length(part, step), part)
    first = int(found[1])
    if first >= size or mode == "refused":
        return Answer(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"}, None)
    if mode == "wrong":
        first //= 2
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    part = _with_mishap(Part(first, max(0, last - first + 1), pace=config.bytes_per_second), step)
    return Answer(206, headers | _length(part, step) | {"Content-Range": f"bytes {first}-{last}/{size}"}, part)


def _range_mode(step: Step | None, config: DownloadConfig) -> str:
    return step.act.removeprefix("range-") if step and step.act.startswith("range-") else config.ranges


def _with_mishap(part: Part, step: Step | None) -> Part:
    if step is None:
        return part
    middle = part.length // 2 if step.after_bytes is None else min(step.after_bytes, part.length)
    if step.act in ("cut", "reset"):
        return replace(part, sent=middle, reset=step.act == "reset")
    if step.act == "too-long":
        return replace(part, length=int(part.length * TOO_LONG) + 1)
    return replace(part, corrupt=step.act == "corrupt")


def _length(part: Part, step: Step | None) -> dict[str, str]:
    return {} if step and step.act in ("no-length", "too-long") else {"Content-Length": str(part.length)}
