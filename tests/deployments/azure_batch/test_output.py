"""Output is told line by line, once, as it grows."""

from deployments.azure_batch import output
from deployments.azure_batch.output import OutputTail


class Files:
    def __init__(self) -> None:
        self.content = {"stdout.txt": b"", "stderr.txt": b""}

    def read(self, name: str, start: int, most: int) -> bytes:
        return self.content[name][start : start + most]


def test_a_line_is_told_when_it_is_whole() -> None:
    files = Files()
    tail = OutputTail(files.read)
    files.content["stdout.txt"] = b"one\ntw"
    assert tail.lines() == [("stdout.txt", "one")]
    files.content["stdout.txt"] += b"o\n"
    files.content["stderr.txt"] = b"oops"
    assert tail.lines() == [("stdout.txt", "two")]
    assert tail.lines(ended=True) == [("stderr.txt", "oops")]
    assert tail.lines(ended=True) == []


def test_a_character_that_is_cut_in_two_is_put_together() -> None:
    files = Files()
    tail = OutputTail(files.read)
    files.content["stdout.txt"] = "ä".encode()[:1]
    assert tail.lines() == []
    files.content["stdout.txt"] = "ä\n".encode()
    assert tail.lines() == [("stdout.txt", "ä")]


def test_much_output_is_read_in_parts_and_all_of_it_at_the_end(monkeypatch) -> None:
    monkeypatch.setattr(output, "MOST", 10)
    files = Files()
    tail = OutputTail(files.read)
    files.content["stdout.txt"] = b"".join(b"%d\n" % number for number in range(100))
    assert len(tail.lines()) == 5
    assert len(tail.lines(ended=True)) == 95


def test_after_a_restart_it_begins_again() -> None:
    files = Files()
    tail = OutputTail(files.read)
    files.content["stdout.txt"] = b"a long first attempt\n"
    tail.lines()
    tail.restart()
    files.content["stdout.txt"] = b"again\n"
    assert tail.lines() == [("stdout.txt", "again")]


def test_tokens_are_not_told() -> None:
    files = Files()
    files.content["stderr.txt"] = b"GET https://a/c?sig=SECRET\n"
    assert "SECRET" not in OutputTail(files.read).lines()[0][1]
