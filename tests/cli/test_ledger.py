"""What `geocatalog ledger` prints."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from ledger.records import Change, RunRecord
from models.failure import Failure
from models.outcomes import ItemState
from models.runs import RunState

PROJECT = Path(__file__).parents[2]
CATALOG = "https://catalog.example.com"
FAILURE = Failure.of("StacValidationFailed", "[geometry] is missing")


@pytest.fixture
def ledger(tmp_path):
    """A ledger after one run: one Item proven, one given up, one still in its operation."""
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", CATALOG)
    opened.begin_run(RunRecord("run-1", "ingest-items", "sentinel-2"))
    changes = [
        Change("good", ItemState.PROVEN),
        Change("bad", ItemState.SUBMITTED, operation_id="op-7", attempts=1),
        Change("bad", ItemState.FAILED, failure=FAILURE, item={"id": "bad"}),
        Change("slow", ItemState.SUBMITTED, operation_id="op-8"),
    ]
    opened.record("run-1", "sentinel-2", changes)
    opened.end_run("run-1", RunState.FAILED, {"proven": 1, "failed": 1})
    yield opened
    opened.close()


@pytest.fixture
def geocatalog(tmp_path, ledger):
    def run(*arguments, **environment):
        settings = {
            "GEOCATALOG_URL": CATALOG,
            "GEOCATALOG_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.sqlite'}",
            "PYTHONPATH": str(PROJECT),
        }
        return subprocess.run(
            [sys.executable, "-m", "cli.main", "ledger", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, **settings, **environment},
            check=False,
        )

    return run


ITEM = "S2B_MSIL2A_20240205T131149_R138_T27VVL_20240205T154527"
RUN = "3f2a9c1b-5d0e-4c57-9a35-0d6f2f6f7c11"
OPERATION = "b138338f-da38-4b24-bbff-f832445c6106"


@pytest.fixture
def on_a_terminal(tmp_path, ledger):
    """Print a ledger with names as long as real ones on a terminal of some width; return the lines, without colours."""
    ledger.begin_run(RunRecord(RUN, "report-area-statistics", "sentinel-2-copernicus"))
    ledger.record(RUN, "sentinel-2-copernicus", [Change(ITEM, ItemState.SUBMITTED, operation_id=OPERATION, attempts=1)])
    code = Failure.of("IngestionAuthenticationFailed", "The container does not answer with this token. " * 3)
    ledger.record(RUN, "sentinel-2-copernicus", [Change(f"{ITEM[:-1]}8", ItemState.FAILED, failure=code)])
    ledger.end_run(RUN, RunState.FAILED, {"proven": 12345, "failed": 1})

    def run(width, *arguments):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        settings = {
            "GEOCATALOG_URL": CATALOG,
            "GEOCATALOG_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.sqlite'}",
            "PYTHONPATH": str(PROJECT),
            "TERM": "xterm",
        }
        keep = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        started = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "ledger", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env={**keep, **settings},
        )
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(ours)
        assert started.wait(timeout=60) == 0, parts
        return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(parts).decode()).replace("\r", "").splitlines()

    return run


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("arguments", [(), ("--failures",)])
def test_a_terminal_shows_short_ids_and_breaks_no_word(on_a_terminal, width, arguments):
    lines = on_a_terminal(width, *arguments)
    assert max(len(line) for line in lines) <= width
    words = " ".join(lines).split()
    assert RUN not in words
    assert "IngestionAuthenticationFailed" in words
    if arguments:
        assert f"{ITEM[:-1]}8" in words
    else:
        assert {RUN[:8], OPERATION, ITEM, "report-area-statistics", "12345"} <= set(words)


def test_a_wide_terminal_has_what_a_narrow_one_has_in_fewer_lines(on_a_terminal):
    narrow, wide = on_a_terminal(80, "--runs"), on_a_terminal(140, "--runs")
    assert sum("12345 proven, 1 failed" in line for line in narrow) == 1
    assert sum("12345 proven, 1 failed" in line for line in wide) == 1
    assert len(wide) < len(narrow)


def test_a_pipe_gets_full_ids_one_line_a_row(geocatalog, on_a_terminal):
    result = geocatalog("--collection-id", "sentinel-2-copernicus", "--failures", "--runs", COLUMNS="80")
    (run,) = (line for line in result.stdout.splitlines() if line.startswith(RUN))
    assert re.search(r"  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  .*  12345 proven, 1 failed$", run)
    (item,) = (line for line in result.stdout.splitlines() if line.startswith(f"{ITEM[:-1]}8"))
    assert item.endswith("The container does not answer with this token.")
    assert item.count("The container does not answer") == 3


def test_everything_is_printed(geocatalog):
    result = geocatalog()
    assert result.returncode == 0, result.stderr
    for expected in (
        "run-1",
        "1 proven, 1 failed",
        "op-8",
        "StacValidationFailed",
        "permanent",
        "[geometry] is missing",
    ):
        assert expected in result.stdout
    assert "op-7" not in result.stdout  # the Item is not open any more


def test_only_the_failures(geocatalog):
    result = geocatalog("--failures", "--collection-id", "sentinel-2")
    assert "bad" in result.stdout
    assert "run-1" not in result.stdout


def test_only_the_runs(geocatalog):
    result = geocatalog("--runs")
    assert "run-1" in result.stdout
    assert "StacValidationFailed" not in result.stdout


def test_the_history_of_an_item_and_how_to_send_it_again(geocatalog):
    result = geocatalog("--collection-id", "sentinel-2", "--item-id", "bad")
    assert result.returncode == 0, result.stderr
    assert result.stdout.index("submitted") < result.stdout.index("failed")
    assert "op-7" in result.stdout
    assert "POST /stac/collections/sentinel-2/items sends it again" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--item-id", "bad"), "--item-id needs --collection-id"),
        (("--item-id", "unknown", "--collection-id", "sentinel-2"), "The ledger knows no Item unknown"),
    ],
)
def test_a_question_without_an_answer_exits_with_2(geocatalog, arguments, sentence):
    result = geocatalog(*arguments)
    assert result.returncode == 2
    assert sentence in result.stderr


def test_a_ledger_that_cannot_be_used_is_said_in_one_sentence(geocatalog, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("no database at all, " * 20)
    result = geocatalog(GEOCATALOG_LEDGER_URL=f"sqlite:///{other}")
    assert result.returncode == 1
    assert "is no ledger, or a damaged one" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_new_ledger_is_empty(geocatalog, tmp_path):
    result = geocatalog(GEOCATALOG_LEDGER_URL=f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}")
    assert result.returncode == 0, result.stderr
    assert "Open Items: none" in result.stdout
