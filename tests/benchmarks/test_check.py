"""`--check` of the benchmarks fails where a number is not held, and names it."""

import pytest

import benchmarks.__main__ as ingest
from benchmarks import area_statistics

SMALL = {"tutorial": {"seconds": 300}, "project": {"seconds": 10}}
LARGE = {
    "threads": {"seconds": 10},
    "project": {"seconds": 12, "requests": 200, "items": 2_000},
    "project again": {"seconds": 0.5, "writes": 0},
}
FEW = {"project": {"megabytes": 100}}
MANY = {
    "threads": {"seconds": 10, "pairs": 480},
    "project": {"seconds": 12, "megabytes": 120, "task runs": 56, "pairs": 480},
}


@pytest.fixture
def run(monkeypatch):
    def run(module, few, many, *arguments):
        figures = iter((few, many))
        monkeypatch.setattr(module, "measure", lambda *_: next(figures))
        monkeypatch.setattr(module, "show", lambda *_: None)
        monkeypatch.setattr("sys.argv", ["benchmark", *arguments])
        module.main()

    return run


def test_numbers_that_are_held_end_well(run, capsys):
    run(ingest, SMALL, LARGE, "--short", "--check")
    run(area_statistics, FEW, MANY, "--check")
    assert "56.00 task runs (at most 499)" in capsys.readouterr().out


def changed(figures, contender, **changes):
    return {**figures, contender: {**figures[contender], **changes}}


@pytest.mark.parametrize(
    ("large", "said"),
    [
        (changed(LARGE, "project", seconds=13), "1.30 of a bare threaded client's time (at most 1.25)"),
        (changed(LARGE, "project", requests=500), "0.25 requests per Item (at most 0.2)"),
        (changed(LARGE, "project", items=1_999), "1.00 Items that were not proven (at most 0)"),
        (changed(LARGE, "project again", writes=1), "1.00 writes of a run with nothing new (at most 0)"),
    ],
)
def test_a_number_of_ingest_that_is_not_held_is_named(run, large, said):
    run(ingest, SMALL, large, "--short")
    with pytest.raises(SystemExit) as ended:
        run(ingest, SMALL, large, "--short", "--check")
    assert ended.value.code == f"Not held: {said}"  # a text is printed, with code 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seconds": 14}, "1.40 of a bare threaded client's time (at most 1.3)"),
        ({"megabytes": 140}, "1.40 of the memory for a tenth (at most 1.3)"),
        ({"pairs": 0}, "480.00 pairs that only the bare client measured (at most 0)"),
    ],
)
def test_a_number_of_area_statistics_that_is_not_held_is_named(run, change, said):
    many = changed(MANY, "project", **change)
    run(area_statistics, FEW, many)
    with pytest.raises(SystemExit) as ended:
        run(area_statistics, FEW, many, "--check")
    assert ended.value.code == f"Not held: {said}"
