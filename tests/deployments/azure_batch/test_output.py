"""Output is told line by line, once, as it grows."""

from deployments.azure_batch import output
from deployments.azure_batch.output import OutputTail


class Files:
    def __init__(self) -> None:
        self.content = {"stdout.txt": b"", "stderr.txt": b""}

    def read(self, name: str, start: int, most: int) -> bytes:
        return self.content[name][start : start + most]

    def size_of(self, name: str) -> int:
        return len(self.content[name])


def rest_of(tail: OutputTail) -> list[list[str]]:
    """What is told at the end, by look."""
    looks = []
    while not tail.is_done:
        looks.append([line for _, line in tail.lines(ended=True)])
    return looks


def test_a_line_is_told_when_it_is_whole() -> None:
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = b"one\ntw"
    assert tail.lines() == [("stdout.txt", "one")]
    files.content["stdout.txt"] += b"o\n"
    files.content["stderr.txt"] = b"oops"
    assert tail.lines() == [("stdout.txt", "two")]
    assert rest_of(tail) == [["oops"]]
    assert rest_of(tail) == []


def test_a_character_that_is_cut_in_two_is_put_together() -> None:
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = "ä".encode()[:1]
    assert tail.lines() == []
    files.content["stdout.txt"] = "ä\n".encode()
    assert tail.lines() == [("stdout.txt", "ä")]


def test_much_output_is_read_in_parts_and_all_of_it_at_the_end(monkeypatch) -> None:
    monkeypatch.setattr(output, "MOST", 10)
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = b"".join(b"%d\n" % number for number in range(100))
    assert len(tail.lines()) == 5
    looks = rest_of(tail)
    assert sum(map(len, looks)) == 95
    assert max(map(len, looks)) <= 5, "never all of it in memory"


def test_of_very_much_output_the_end_is_told_and_how_much_is_left_out(monkeypatch) -> None:
    monkeypatch.setattr(output, "MOST_AT_END", 12)
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = b"begun\nsig=PLAN"
    tail.lines()
    files.content["stdout.txt"] += b"TED\n" + b"noise\n" * 1000 + b"sig=PLANTED\nerror\n"
    assert rest_of(tail) == [["… 6,024 bytes left out", "error"], []]


def test_a_line_that_never_ends_takes_no_memory(monkeypatch) -> None:
    monkeypatch.setattr(output, "LONGEST_LINE", 3)
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = b"x" * 1000
    assert tail.lines() == []
    assert len(tail._begun["stdout.txt"]) == 12
    files.content["stdout.txt"] += b"\nnext\n"
    assert tail.lines() == [("stdout.txt", "xxx"), ("stdout.txt", "nex")]


def test_after_a_restart_it_begins_again() -> None:
    files = Files()
    tail = OutputTail(files.read, files.size_of)
    files.content["stdout.txt"] = b"a long first attempt\n"
    tail.lines()
    tail.restart()
    files.content["stdout.txt"] = b"again\n"
    assert tail.lines() == [("stdout.txt", "again")]


def test_tokens_are_not_told() -> None:
    files = Files()
    files.content["stderr.txt"] = b"GET https://a/c?sig=SECRET\n"
    assert "SECRET" not in OutputTail(files.read, files.size_of).lines()[0][1]
