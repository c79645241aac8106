"""The benchmarks run, and hold those of their numbers that no machine's speed changes."""

import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def printed(module: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def number(text: str, what: str) -> float:
    found = re.search(rf"([\d.]+) {re.escape(what)}", text)
    assert found, text
    return float(found[1])


def test_ingest():
    text = printed("benchmarks", "--short")
    assert number(text, "requests per Item") <= 0.2
    assert number(text, "writes of a run with nothing new") == 0


def test_memory_of_a_backfill():
    text = printed("benchmarks.memory", "--few", "1500", "--many", "4500")
    assert "1,500 Items of" in text and text.count("(0 failed)") == 2


def test_downloads():
    assert number(printed("benchmarks.downloads", "--megabytes", "20", "--rounds", "1"), "MB of memory at most") < 150


def test_area_statistics():
    assert number(printed("benchmarks.area_statistics", "--areas", "20"), "task runs") < 100


def test_azure_batch():
    assert "2 child runs of one Item" in printed("benchmarks.azure_batch", "--short")
