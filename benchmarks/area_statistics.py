"""`python -m benchmarks.area_statistics`: 200 areas in 24 months, against a bare threaded client of the same calls."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import task_runs
from benchmarks.verdicts import Verdict, add_check, conclude
from cli.local_servers import prefect_server, url_of
from cli.services import free_port

THREADS = 16
"""Requests at once, of both."""
MONTHS = 24
RANGE = "2022-01-01/2023-12-31"
RATIO, MEMORY = 1.3, 1.3
"""Most time in terms of the bare client's, and most memory in terms of that for a tenth of the areas."""
TASK_RUNS = 499
"""Most task runs of a run, whatever it measures: the Prefect UI is to show them."""


def threads() -> int:
    """Do the project's calls by a thread pool, and write the numbers as CSV; return the number of pairs."""
    url, http = os.environ["GEOCATALOG_OBSERVEARTH_URL"], requests.Session()
    http.mount("http://", HTTPAdapter(pool_connections=THREADS, pool_maxsize=THREADS))
    areas = http.get(f"{url}/geometry/", timeout=60).json()["results"]
    start, end = RANGE.split("/")

    def search(area: dict[str, Any]) -> list[tuple[str, str]]:
        body = {"geometry_id": area["id"], "start_date": start, "end_date": end, "cloud_cover": 20}
        found = http.post(f"{url}/s2/search/", json=body, timeout=60).json()["results"]
        return [(area["id"], item["id"][11:19]) for item in found]

    def measure(pair: tuple[str, str]) -> str:
        day = f"{pair[1][:4]}-{pair[1][4:6]}-{pair[1][6:]}"
        body = {"geometry_id": pair[0], "start_date": day, "end_date": day, "cloud_cover": 100, "index": "ndvi"}
        answer = http.post(f"{url}/s2/stats/", json=body, timeout=60)
        answer.raise_for_status()
        return f"{pair[0]},{day},{answer.json()['results'][0]['mean_value']}"

    with ThreadPoolExecutor(THREADS) as pool:
        pairs = [pair for found in pool.map(search, areas) for pair in found]
        lines = list(pool.map(measure, pairs))
    Path("statistics.csv").write_text("\n".join(lines))
    return len(lines)


def project(*, charts: bool = False) -> int:
    """Run the project's flow; return the number of pairs."""
    from flows.report_area_statistics import report_area_statistics
    from models.area_statistics_request import AreaStatisticsRequest

    request = AreaStatisticsRequest(
        provider="observearth", all_observearth=True, datetime_range=RANGE, pictures="none", charts=charts
    )
    return report_area_statistics(request).measured


def contend(name: str) -> None:
    """Run one contender in this process; print its pairs, seconds and memory."""
    if name != "threads":
        import flows.report_area_statistics  # noqa: F401 - the import of Prefect is not the work that is compared
    contenders = {"threads": threads, "project": project, "project again": project}
    started = time.monotonic()
    pairs = contenders[name]() if name in contenders else project(charts=True)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"pairs": pairs, "seconds": seconds, "megabytes": peak}))


@contextmanager
def answering(areas: int) -> Iterator[str]:
    """Start the server that stands for ObservEarth, in a process of its own; yield its URL."""
    command = [sys.executable, "-m", "benchmarks.statistics_server", str(areas)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        assert server.stdout  # noqa: S101 - for the type checker
        yield server.stdout.readline().strip()
        server.communicate()


def measure(areas: int, contenders: list[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each contender with so many areas."""
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name, answering(areas) as url:
        folder, prefect_url = Path(name), url_of(free_port(0))
        os.environ.update(
            GEOCATALOG_OBSERVEARTH_URL=url,
            GEOCATALOG_OBSERVEARTH_API_KEY="any",
            GEOCATALOG_OUTPUT_DIR=name,
            GEOCATALOG_LEDGER_URL=f"sqlite:///{folder / 'ledger.sqlite'}",
            PREFECT_API_URL=f"{prefect_url}/api",
            PREFECT_HOME=str(folder / "prefect"),
            PREFECT_LOGGING_LEVEL="ERROR",
            PYTHONPATH=str(Path(__file__).parents[1]),
        )
        prefect = prefect_server(prefect_url, folder)
        try:
            prefect.wait_until_ready()
            for contender in contenders:
                command = [sys.executable, "-m", "benchmarks.area_statistics", "--contender", contender]
                done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=name)  # noqa: S603 - our own
                figures[contender] = json.loads(done.stdout.strip().splitlines()[-1])
                figures[contender]["task runs"] = 0 if contender == "threads" else task_runs()
        finally:
            prefect.stop()
    return figures


def show(console: Console, areas: int, figures: dict[str, dict[str, Any]]) -> None:
    """Print a table of figures."""
    table = Table(title=f"{areas} areas x {MONTHS} months, 50 ms a request, {THREADS} at once")
    for column in ("", "seconds", "pairs", "task runs", "peak MB"):
        table.add_column(column, justify="left" if not column else "right")
    for name, row in figures.items():
        table.add_row(
            name, f"{row['seconds']:.1f}", f"{row['pairs']:,}", str(row["task runs"]), f"{row['megabytes']:.0f}"
        )
    console.print(table)


def verdicts(few: dict[str, dict[str, Any]], many: dict[str, dict[str, Any]]) -> list[Verdict]:
    """Return each number to hold."""
    ours, bare = many["project"], many["threads"]
    return [
        Verdict.at_most(ours["seconds"] / bare["seconds"], "of a bare threaded client's time", RATIO),
        Verdict.at_most(ours["megabytes"] / few["project"]["megabytes"], "of the memory for a tenth", MEMORY),
        Verdict.at_most(ours["task runs"], "task runs", TASK_RUNS),
        Verdict.at_most(bare["pairs"] - ours["pairs"], "pairs that only the bare client measured", 0),
    ]


def main() -> None:
    """Measure and print; unless `--check` is given, leave the judgement to the reader: these machines are noisy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, default=200)
    parser.add_argument("--contender", help="used by the benchmark itself")
    add_check(parser)
    options = parser.parse_args()
    if options.contender:
        contend(options.contender)
        return
    console = Console()
    tenth = max(options.areas // 10, 1)
    few = measure(tenth, ["project"])
    show(console, tenth, few)
    many = measure(options.areas, ["threads", "project", "project again", "project with charts"])
    show(console, options.areas, many)
    conclude(console, verdicts(few, many), check=options.check)


if __name__ == "__main__":
    main()
