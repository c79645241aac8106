"""Repeatable chance: no generator state, so arrival order and threads do not matter."""

import hashlib
import struct


def unit_interval(*key: object) -> float:
    """Return a number from 0 to 1 that depends on the key only."""
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return float(struct.unpack("<Q", digest)[0] / 2**64)


def hex_digits(count: int, *key: object) -> str:
    """Return lower-case hex digits that depend on the key only."""
    return hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=16).hexdigest()[:count]
