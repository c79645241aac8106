"""Memory of a backfill in one process, for few and for many Items: `python -m benchmarks.memory`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import benchmarks.__main__ as benchmark
from benchmarks.items import COLLECTION

DAYS = 28
"""Days of a month on which the generated Items lie, 1,440 a day."""
SCRIPT = """
import json, resource
from flows.backfill import backfill
from models.requests import BackfillRequest, IngestRequest
from benchmarks.items import BBOX, COLLECTION

ingest = IngestRequest(
    collection_id=COLLECTION, source_collection=COLLECTION, bbox=BBOX, datetime_range={window!r}, proof="none"
)
report = backfill(BackfillRequest(ingest=ingest, every="day", at_once=1))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([len(report.children), len(report.failed), peak]))
"""


def megabytes(items: int) -> float:
    """Return the peak memory of a process that ingests so many Items, in child runs of a day."""
    month, day = divmod((items - 1) // 1440, DAYS)
    window = f"2024-01-01/2024-{month + 1:02d}-{day + 1:02d}"
    with tempfile.TemporaryDirectory() as name, benchmark.servers(Path(name), items) as emulator:
        benchmark.fresh(emulator)
        environment = {**os.environ, "GEOCATALOG_LEDGER_URL": f"sqlite:///{name}/ledger.sqlite"}
        command = [sys.executable, "-c", SCRIPT.format(window=window)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    children, failed, peak = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{items:,} Items of {COLLECTION} in {children} child runs ({failed} failed): {peak:.0f} MB at most")
    return float(peak)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000)
    options = parser.parse_args()
    benchmark.LATENCY = {
        "latency": {"seconds": 0.0, "jitter": 0.0},
        "operations": {"min_seconds": 0.5, "max_seconds": 1.0},
    }
    few, many = megabytes(options.few), megabytes(options.many)
    print(f"{many / few:.2f} times the memory for {options.many / options.few:.0f} times the Items (at most 1.3)")


if __name__ == "__main__":
    main()
