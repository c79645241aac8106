"""What `geocatalog ledger` prints."""

import os
import subprocess
import sys
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
            "COLUMNS": "160",
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
