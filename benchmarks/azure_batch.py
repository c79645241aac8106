"""`python -m benchmarks.azure_batch [--short]`: the same backfill over 1, 2 and 4 nodes of the local Azure Batch.

Nodes share this machine's cores, so that operations are made long: it is their waiting that more nodes share.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from cli.batch_farm import NODES
from cli.demo_batch import backfill_request, start_farm
from cli.demo_servers import demo_servers
from cli.run import run_flow
from cli.services import Service
from models.requests import BackfillRequest, OnboardRequest

OPERATION_SECONDS = 40.0
"""Of each Item: recorded ones take 1-22 s, and queues are not bounded; here long against 5-10 s of start-up."""
MONTHS = 8
OVER = (1, 2, 4)
SHORT = (2, 5.0, (1, 2))
"""Months, seconds and nodes that show in a minute that it works, and nothing about speed."""


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="2 months over 1 and 2 nodes")
    months, operation, over = SHORT if parser.parse_args().short else (MONTHS, OPERATION_SECONDS, OVER)
    console = Console()
    more: list[Service] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with demo_servers(console, folder, keep=False, more=more) as (emulator_url, _):
            farm = start_farm(console, more, folder)
            slow = {"operations": {"min_seconds": operation, "max_seconds": operation}}
            requests.put(f"{emulator_url}/_emulator/config", json=slow, timeout=30).raise_for_status()
            up = NODES
            seconds = {}
            for nodes in sorted(over, reverse=True):
                for number in range(up, nodes, -1):
                    farm.lose_node(f"node-{number}")
                up = nodes
                seconds[nodes] = _measure(f"over-{nodes}", months, console)
    console.print(_table(seconds, f"{months} child runs of one Item, operations of {operation:g} s"))
    return 0


def _measure(collection_id: str, months: int, console: Console) -> float:
    run_flow(OnboardRequest(collection_id=collection_id), console)
    started = time.monotonic()
    run_flow(_request(collection_id, months), console)
    return time.monotonic() - started


def _request(collection_id: str, months: int) -> BackfillRequest:
    request = backfill_request(collection_id)
    window = f"2023-01-01/2023-{months:02}-28"
    return request.model_copy(update={"ingest": request.ingest.model_copy(update={"datetime_range": window})})


def _table(seconds: dict[int, float], title: str) -> Table:
    table = Table(title=title)
    for name in ("nodes", "seconds", "speed-up"):
        table.add_column(name, justify="right")
    for nodes, took in sorted(seconds.items()):
        table.add_row(str(nodes), f"{took:.0f}", f"{seconds[min(seconds)] / took:.2f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
