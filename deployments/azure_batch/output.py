"""What a Batch task writes to its standard output and error, line by line, as it grows."""

from collections.abc import Callable, Iterator

from models.redact import redact

FILES = ("stderr.txt", "stdout.txt")
MOST = 1_000_000
"""Bytes read of a file in one look; the rest is read in the next."""
LONGEST_LINE = 10_000
"""Characters; Prefect refuses log records of more than a megabyte."""

ReadFile = Callable[[str, int, int], bytes]
"""(file, first byte, most bytes) -> bytes."""


class OutputTail:
    """Remembers how far the output has been read.

    Args:
        read: reads a part of a file of the Batch task.
    """

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self._offsets = dict.fromkeys(FILES, 0)
        self._begun = dict.fromkeys(FILES, b"")

    def restart(self) -> None:
        """Begin at the beginning: the Batch task runs again, with empty files."""
        self._offsets = dict.fromkeys(FILES, 0)
        self._begun = dict.fromkeys(FILES, b"")

    def lines(self, *, ended: bool = False) -> list[tuple[str, str]]:
        """Return what is new, as (file, line).

        Args:
            ended: nothing will follow: read all, and give the last line also without its end.
        """
        return [(name, line) for name in FILES for line in self._lines_of(name, ended)]

    def _lines_of(self, name: str, ended: bool) -> Iterator[str]:
        while part := self._read(name, self._offsets[name], MOST):
            self._offsets[name] += len(part)
            *whole, self._begun[name] = (self._begun[name] + part).split(b"\n")
            yield from map(_text, whole)
            if not ended:
                return
        if ended and self._begun[name]:
            yield _text(self._begun[name])
            self._begun[name] = b""


def _text(line: bytes) -> str:
    return redact(line.decode(errors="replace").rstrip("\r"))[:LONGEST_LINE]
