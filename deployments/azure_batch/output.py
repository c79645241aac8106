"""What a Batch task writes to its standard output and error, line by line, as it grows."""

from collections.abc import Callable, Iterator

from models.redact import redact

FILES = ("stderr.txt", "stdout.txt")
MOST = 1_000_000
"""Bytes read of a file in one look; the rest is read in the next."""
MOST_AT_END = 4_000_000
"""Bytes read of a file that has ended; of more, which no log is a place for, its end: there it says why it failed."""
LONGEST_LINE = 10_000
"""Characters; Prefect refuses log records of more than a megabyte."""

ReadFile = Callable[[str, int, int], bytes]
"""(file, first byte, most bytes) -> bytes."""
SizeOf = Callable[[str], int]
"""File -> its bytes; 0 if there is none."""


class OutputTail:
    """Remembers how far the output has been read.

    Args:
        read: reads a part of a file of the Batch task.
        size_of: asks for the size of one.

    Attributes:
        is_done: the Batch task has ended, and all was read.
    """

    def __init__(self, read: ReadFile, size_of: SizeOf) -> None:
        self._read = read
        self._size_of = size_of
        self.restart()

    def restart(self) -> None:
        """Begin at the beginning: the Batch task runs again, with empty files."""
        self._offsets = dict.fromkeys(FILES, 0)
        self._begun = dict.fromkeys(FILES, b"")
        self._left_out = dict.fromkeys(FILES, 0)
        self._ended: set[str] = set()
        self.is_done = False

    def lines(self, *, ended: bool = False) -> list[tuple[str, str]]:
        """Return what is new of at most `MOST` bytes of each file, as (file, line).

        Args:
            ended: nothing will follow: call again until `is_done`. The last line is given also without its end.
        """
        before = sum(self._offsets.values())
        found = [(name, line) for name in FILES for line in self._lines_of(name, ended)]
        self.is_done = ended and sum(self._offsets.values()) == before
        return found

    def _lines_of(self, name: str, ended: bool) -> Iterator[str]:
        if ended and name not in self._ended:
            self._leave_out(name)
            self._ended.add(name)
        if part := self._read(name, self._offsets[name], MOST):
            self._offsets[name] += len(part)
            *whole, begun = (self._begun[name] + part).split(b"\n")
            self._begun[name] = begun[: 4 * LONGEST_LINE]  # UTF-8 takes four bytes for a character, at most
            if whole and self._left_out[name]:
                yield self._left_out_with(name, whole.pop(0) + b"\n")
            yield from map(_text, whole)
        elif ended and self._begun[name]:
            last, self._begun[name] = self._begun[name], b""
            yield self._left_out_with(name, last) if self._left_out[name] else _text(last)

    def _leave_out(self, name: str) -> None:
        """Go on near the end of a large file; a line that this cuts is left out, as it could be a part of a secret."""
        left_out = self._size_of(name) - self._offsets[name] - MOST_AT_END
        if left_out > 0:
            self._left_out[name] = left_out + len(self._begun[name])
            self._offsets[name] += left_out
            self._begun[name] = b""

    def _left_out_with(self, name: str, line: bytes) -> str:
        count = self._left_out[name] + len(line)
        self._left_out[name] = 0
        return f"… {count:,} bytes left out"


def _text(line: bytes) -> str:
    return redact(line.decode(errors="replace").rstrip("\r"))[:LONGEST_LINE]
