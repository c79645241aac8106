"""The bytes of a product's zip: in memory, in a file, or computed as they are read."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from blake3 import blake3

PIECE = 1 << 20


class Body(Protocol):
    """A zip of known size, readable from any place."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, first: int, length: int) -> bytes:
        """Return at most `length` bytes, from `first` on."""


@dataclass(frozen=True)
class MemoryBody:
    """A small zip."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.data)

    def read(self, first: int, length: int) -> bytes:
        """Return at most `length` bytes, from `first` on."""
        return self.data[first : first + length]


@dataclass(frozen=True)
class FileBody:
    """A zip on disk."""

    path: Path

    @cached_property
    def size(self) -> int:
        """Bytes in all."""
        return self.path.stat().st_size

    def read(self, first: int, length: int) -> bytes:
        """Return at most `length` bytes, from `first` on."""
        with self.path.open("rb") as file:
            file.seek(first)
            return file.read(length)


class LargeBody:
    """A zip with one stored member that repeats a block of noise; it needs neither disk nor memory.

    The block's length is a prime, so that no piece of the file equals the one at another multiple of
    a client's buffer: what is written to the wrong place is found by a checksum.
    """

    _BLOCK_LENGTH = 1_048_583

    def __init__(self, member: str, size: int) -> None:
        """Make a zip of exactly `size` bytes with the one member."""
        overhead = len(_zip_head(member, 0, 0)) + len(_zip_tail(member, 0, 0))
        if size <= overhead:
            raise ValueError(f"a large product needs more than {overhead} bytes")
        self.size = size
        self._content = size - overhead
        self._block = hashlib.shake_128(member.encode()).digest(self._BLOCK_LENGTH)
        checksum = _crc32(self._repeated(0, self._content))
        self._head = _zip_head(member, checksum, self._content)
        self._tail = _zip_tail(member, checksum, self._content)

    def read(self, first: int, length: int) -> bytes:
        """Return at most `length` bytes, from `first` on."""
        last = min(first + length, self.size)
        start = len(self._head)
        end = start + self._content
        found = self._head[first:last]
        if first < end and last > start:
            found += b"".join(self._repeated(max(first, start) - start, min(last, end) - start))
        return found + (self._tail[max(0, first - end) : last - end] if last > end else b"")

    def _repeated(self, first: int, last: int) -> Iterator[bytes]:
        """Yield bytes `first` to `last` of the member."""
        while first < last:
            offset = first % self._BLOCK_LENGTH
            piece = self._block[offset : offset + last - first]
            first += len(piece)
            yield piece


@dataclass(frozen=True)
class Checksums:
    """Both checksums of the catalogue, in hexadecimal digits."""

    md5: str
    blake3: str


def checksums_of(body: Body) -> Checksums:
    """Read the body once."""
    md5, other = hashlib.md5(usedforsecurity=False), blake3()
    for first in range(0, body.size, PIECE):
        piece = body.read(first, PIECE)
        md5.update(piece)
        other.update(piece)
    return Checksums(md5.hexdigest(), other.hexdigest())


def _crc32(pieces: Iterator[bytes]) -> int:
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    return checksum


# 2024-01-01 00:00 in DOS form; version 2.0, no flags, stored.
_STORED = (20, 0, 0, 0, (2024 - 1980) << 9 | 1 << 5 | 1)


def _zip_head(member: str, checksum: int, size: int) -> bytes:
    name = member.encode()
    fields = (b"PK\x03\x04", *_STORED, checksum, size, size, len(name), 0)
    return struct.pack("<4s5H3I2H", *fields) + name


def _zip_tail(member: str, checksum: int, size: int) -> bytes:
    name = member.encode()
    fields = (b"PK\x01\x02", 20, *_STORED, checksum, size, size, len(name), 0, 0, 0, 0, 0, 0)
    directory = struct.pack("<4s6H3I5H2I", *fields) + name
    place = len(_zip_head(member, checksum, size)) + size
    return directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), place, 0)
