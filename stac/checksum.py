"""Checksums as the STAC file extension writes them: multihashes, in lower-case hexadecimal."""

_CODES = {"MD5": ("d501", 16), "BLAKE3": ("1e", 32)}
"""Multicodec of an algorithm as a varint, and the bytes of its digest (multiformats/multicodec, table.csv)."""


def multihash(algorithm: str, digest: str) -> str:
    """Return the multihash of a digest given in hexadecimal.

    Raises:
        KeyError: the algorithm is neither MD5 nor BLAKE3.
    """
    code, length = _CODES[algorithm.upper()]
    return f"{code}{length:02x}{digest.lower()}"
