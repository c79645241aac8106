"""`python -m benchmarks [--short] [--check]`: measure in one run, print ratios, and say which numbers are held."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from benchmarks.items import COLLECTION, write_items
from benchmarks.verdicts import Verdict, add_check, conclude
from cli.local_servers import emulator, local_variables, prefect_server, url_of
from cli.services import free_port

LATENCY = {"latency": {"seconds": 0.05, "jitter": 0.01}, "operations": {"min_seconds": 2.0, "max_seconds": 4.0}}
"""Seconds that a request takes, and an operation: less than recorded ones, so that what is ours shows."""
WARM_UP = "import prefect; prefect.flow(lambda: None, name='warm-up')()"
"""The first flow run of a Prefect server takes a second more than all others, which no server has more than once."""
GEOCATALOG = ("/stac", "/inma", "/sas", "/data")


@contextmanager
def servers(folder: Path, items: int) -> Iterator[str]:
    """Start a local GeoCatalog with that many Items, and a Prefect server; set the variables that point at them."""
    write_items(folder / "items.ndjson", items)
    emulator_url, prefect_url = url_of(free_port(0)), url_of(free_port(0))
    variables = local_variables(emulator_url, prefect_url, folder)
    os.environ.update(variables, GEOCATALOG_POLL_INTERVAL="1", PREFECT_LOGGING_LEVEL="ERROR")
    started = [
        emulator(emulator_url, folder, "--items", str(folder / "items.ndjson")),
        prefect_server(prefect_url, folder),
    ]
    try:
        for service in started:
            service.wait_until_ready()
        subprocess.run([sys.executable, "-c", WARM_UP], check=True, capture_output=True)  # noqa: S603 - our own
        yield emulator_url
    finally:
        for service in started:
            service.stop()


def run(name: str, url: str, ledger: Path) -> dict[str, Any]:
    """Run a contender in a process of its own; return its figures, with the requests that the GeoCatalog counted."""
    requests.delete(f"{url}/_emulator/requests", timeout=60)
    environment = {**os.environ, "GEOCATALOG_LEDGER_URL": f"sqlite:///{ledger}"}
    command = [sys.executable, "-m", "benchmarks.contenders", name]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    counts = requests.get(f"{url}/_emulator/requests", timeout=60).json()["counts"]
    asked = [count for count in counts if count["route"].startswith(GEOCATALOG)]
    figures["requests"] = sum(count["count"] for count in asked)
    writes = [c for c in asked if c["method"] in ("POST", "PUT", "DELETE") and "search" not in c["route"]]
    figures["task runs"] = task_runs() if name == "project" else 0
    figures["writes"] = sum(c["count"] for c in writes if c["status"] < 400)
    return figures


def task_runs() -> int:
    """Return how many task runs the latest flow run had, as the Prefect server has recorded them."""
    api = os.environ["PREFECT_API_URL"]
    newest = {"sort": "START_TIME_DESC", "limit": 1}
    (latest,) = requests.post(f"{api}/flow_runs/filter", json=newest, timeout=60).json()
    asked = {"flow_runs": {"id": {"any_": [latest["id"]]}}}
    return int(requests.post(f"{api}/task_runs/count", json=asked, timeout=60).json())


def fresh(url: str) -> None:
    """Empty the GeoCatalog and create the Collection again."""
    requests.post(f"{url}/_emulator/reset", timeout=60).raise_for_status()
    script = (
        "from tasks.connect import geocatalog, operation_watch, planetary_computer as source\n"
        "from stac.collection import to_geocatalog_collection\n"
        f"wanted = to_geocatalog_collection(source().get_collection('{COLLECTION}'), '{COLLECTION}', None)\n"
        "operation = geocatalog().stac.begin_create_collection(wanted)\n"
        f"operation_watch('{COLLECTION}').wait(operation.id)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603 - our own
    requests.put(f"{url}/_emulator/config", json=LATENCY, timeout=60).raise_for_status()


def measure(items: int, contenders: list[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each contender on the same Items; the project a second time, with nothing new."""
    figures = {}
    with tempfile.TemporaryDirectory() as name, servers(Path(name), items) as url:
        for contender in contenders:
            fresh(url)
            figures[contender] = run(contender, url, Path(name) / f"{contender}.sqlite")
            if contender == "project":
                figures["project again"] = run("project", url, Path(name) / "project.sqlite")
    return figures


def show(console: Console, items: int, figures: dict[str, dict[str, Any]]) -> None:
    """Print a table of figures."""
    table = Table(title=f"{items:,} Items, 50 ms a request, 2-4 s an operation")
    for column in ("", "seconds", "Items", "requests", "requests/Item", "writes", "task runs", "peak MB"):
        table.add_column(column, justify="left" if not column else "right")
    for name, row in figures.items():
        asked = row["requests"]
        cells = (
            f"{row['seconds']:.1f}",
            f"{row['items']:,}",
            f"{asked:,}",
            f"{asked / items:.3f}",
            f"{row['writes']:,}",
        )
        table.add_row(name, *cells, str(row["task runs"]), f"{row['megabytes']:.0f}")
    console.print(table)


def verdicts(many: int, few: dict[str, dict[str, Any]], lots: dict[str, dict[str, Any]]) -> list[Verdict]:
    """Return each number to hold."""
    ours, again = lots["project"], lots["project again"]
    return [
        Verdict.at_least(
            few["tutorial"]["seconds"] / few["project"]["seconds"], "times faster than the tutorial's loop", 20
        ),
        Verdict.at_most(ours["seconds"] / lots["threads"]["seconds"], "of a bare threaded client's time", 1.25),
        Verdict.at_most(ours["requests"] / many, "requests per Item", 0.2),
        Verdict.at_most(again["seconds"] / ours["seconds"], "of the time, for a run with nothing new", 0.05),
        Verdict.at_most(again["writes"], "writes of a run with nothing new", 0),
        Verdict.at_most(many - ours["items"], "Items that were not proven", 0),
    ]


def main() -> None:
    """Measure and print; unless `--check` is given, leave the judgement to the reader: these machines are noisy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="2,000 and 200 Items in the place of 10,000 and 1,000")
    add_check(parser)
    options = parser.parse_args()
    many, few = (2_000, 200) if options.short else (10_000, 1_000)
    console = Console()
    small = measure(few, ["tutorial", "project"])
    show(console, few, small)
    large = measure(many, ["threads", "project"])
    show(console, many, large)
    conclude(console, verdicts(many, small, large), check=options.check)


if __name__ == "__main__":
    main()
