"""`python -m benchmarks.downloads --check` fails where a number is not held, and names it."""

import pytest

from benchmarks import downloads

HELD = {
    "curl": {"seconds": 9.0, "megabytes": 10},
    "client": {"seconds": 10.0, "megabytes": 100},
    "flow": {"seconds": 12.0, "megabytes": 149},
}
SLOW = {**HELD, "client": {"seconds": 10.1, "megabytes": 100}}
LARGE = {**HELD, "flow": {"seconds": 12.0, "megabytes": 150}}


@pytest.fixture
def run(monkeypatch):
    def run(figures, *arguments):
        monkeypatch.setattr(downloads, "measure", lambda *_: figures)
        monkeypatch.setattr("sys.argv", ["downloads", *arguments])
        downloads.main()

    return run


def test_numbers_that_are_held_end_well(run):
    run(HELD, "--check")


@pytest.mark.parametrize(
    ("figures", "said"), [(SLOW, "0.89 of curl's throughput"), (LARGE, "150.00 MB of memory at most")]
)
def test_a_number_that_is_not_held_is_named(run, capsys, figures, said):
    run(figures)
    assert "Not held" not in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run(figures, "--check")
    assert str(ended.value.code).startswith("Not held: at 20 MB/s a connection: ")  # a text is printed, with code 1
    assert said in ended.value.code
