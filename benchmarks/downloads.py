"""`python -m benchmarks.downloads`: four downloads at once, by curl and by this project, which verifies them too.

All fetch the same products from the same local Data Space to the same disk, in turns; the best of each is compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from rich.console import Console
from rich.table import Table

from cli.local_servers import emulator, local_variables, prefect_server, url_of
from cli.services import free_port

CONNECTIONS = 4
LEAST_RATIO = 0.9
"""Of curl's throughput, that the client is to have."""
MOST_MEGABYTES = 150
"""Memory that the client and the flow are to stay below."""
USER, PASSWORD = "ada@example.com", "local-password"
CURL = """
import json, os, resource, subprocess, sys, time
token, folder, *urls = sys.argv[1:]
begun = time.monotonic()
running = [
    subprocess.Popen(["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {token}", "-o", f"{folder}/{n}", url])
    for n, url in enumerate(urls)
]
codes = [each.wait() for each in running]
seconds = time.monotonic() - begun
assert not any(codes), codes
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "megabytes": peak}))
"""
CLIENT = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tasks.copernicus_connect import account_dir, copernicus_catalogue, copernicus_tokens
from clients.copernicus.download import Downloader
from clients.copernicus.hosts import Hosts
from clients.copernicus.slots import MachineSlots
from clients.copernicus.transfer import Transfer
from settings import get_copernicus_settings

folder, *ids = sys.argv[1:]
settings = get_copernicus_settings()
products = [copernicus_catalogue().product(each, "SENTINEL-1") for each in ids]
client = Downloader(
    Transfer(Hosts(settings.catalogue_url, settings.download_url)),
    copernicus_tokens(),
    lambda product_id: None,
    slot=MachineSlots(account_dir(settings), 4).hold,
)
copernicus_tokens().get()
begun = time.monotonic()
with ThreadPoolExecutor(4) as pool:
    made = list(pool.map(lambda product: client.download(product, Path(folder)), products))
seconds = time.monotonic() - begun
assert all(each.verified_by == "blake3" for each in made)
print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
FLOW = """
import json, resource, sys
from flows.download_copernicus import download_copernicus
from models.copernicus_request import DownloadCopernicusRequest

folder, *ids = sys.argv[1:]
report = download_copernicus(DownloadCopernicusRequest(collection="SENTINEL-1", product_ids=ids, folder=folder))
print(json.dumps({"seconds": report.seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
Figures = dict[str, float]


class Number(NamedTuple):
    """A number to hold."""

    value: float
    what: str
    is_held: bool

    def __str__(self) -> str:
        """Return the number, and what it is of."""
        return f"{self.value:.2f} {self.what}"


@contextmanager
def servers(folder: Path, count: int, size: int) -> Iterator[str]:
    """Start a local Data Space with large products, and a Prefect server; set the variables that point at them."""
    emulator_url, prefect_url = url_of(free_port(0)), url_of(free_port(0))
    os.environ.update(local_variables(emulator_url, prefect_url, folder), PREFECT_LOGGING_LEVEL="ERROR")
    started = [emulator(emulator_url, folder), prefect_server(prefect_url, folder)]
    try:
        for service in started:
            service.wait_until_ready()
        configure(emulator_url, catalogue={"large_products": count, "large_bytes": size})
        yield emulator_url
    finally:
        for service in started:
            service.stop()


def configure(url: str, **changes: object) -> None:
    """Change the local Data Space."""
    requests.put(f"{url}/_emulator/config", json={"copernicus": changes}, timeout=60).raise_for_status()


def contenders(url: str, folder: Path) -> dict[str, Callable[[Path], Figures]]:
    """Return who downloads, by name; each is called with an empty folder."""
    urls = requests.get(f"{url}/_emulator/copernicus", timeout=60).json()
    os.environ.update(
        GEOCATALOG_COPERNICUS_USERNAME=USER,
        GEOCATALOG_COPERNICUS_PASSWORD=PASSWORD,
        GEOCATALOG_COPERNICUS_TOKEN_URL=urls["token_url"],
        GEOCATALOG_COPERNICUS_CATALOGUE_URL=urls["catalogue_url"],
        GEOCATALOG_COPERNICUS_DOWNLOAD_URL=urls["download_url"],
        GEOCATALOG_COPERNICUS_STATE_DIR=str(folder / "state"),
    )
    query = {"$filter": "Collection/Name eq 'SENTINEL-1' and contains(Name,'_SLC_')", "$top": "100"}
    found = requests.get(f"{urls['catalogue_url']}/Products", params=query, timeout=600).json()["value"]
    ids = [product["Id"] for product in found]
    files = [f"{urls['download_url']}/Products({each})/$value" for each in ids]
    form = {"client_id": "cdse-public", "grant_type": "password", "username": USER, "password": PASSWORD}
    token = requests.post(urls["token_url"], data=form, timeout=60).json()["access_token"]
    return {
        "curl": lambda into: run(CURL, token, str(into), *files),
        "client": lambda into: run(CLIENT, str(into), *ids),
        "flow": lambda into: run(FLOW, str(into), *ids),
    }


def run(script: str, *arguments: str) -> Figures:
    """Run a script in a process of its own; return the figures that it prints last."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def measure(size: int, rounds: int, rate: int | None) -> dict[str, Figures]:
    """Return the best figures of each contender: the least seconds, and the most megabytes."""
    best: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name, servers(Path(name), CONNECTIONS, size) as url:
        who = contenders(url, Path(name))
        configure(url, download={"bytes_per_second": rate})
        for _ in range(rounds):
            for contender, download in who.items():
                with tempfile.TemporaryDirectory(dir=name) as into:
                    figures = download(Path(into))
                known = best.get(contender, figures)
                best[contender] = {
                    "seconds": min(figures["seconds"], known["seconds"]),
                    "megabytes": max(figures["megabytes"], known["megabytes"]),
                }
    return best


def show(console: Console, title: str, size: int, best: dict[str, Figures]) -> None:
    """Print the figures."""
    table = Table(title=f"{title}: {CONNECTIONS} products of {size / 1e6:,.0f} MB, best of the rounds")
    for column in ("", "seconds", "MB/s", "of curl's", "peak MB"):
        table.add_column(column, justify="left" if not column else "right")
    for name, figures in best.items():
        rate = CONNECTIONS * size / figures["seconds"] / 1e6
        ratio = best["curl"]["seconds"] / figures["seconds"]
        table.add_row(name, f"{figures['seconds']:.2f}", f"{rate:,.0f}", f"{ratio:.2f}", f"{figures['megabytes']:.0f}")
    console.print(table)


def numbers(best: dict[str, Figures]) -> list[Number]:
    """Return the numbers to hold."""
    ratio = best["curl"]["seconds"] / best["client"]["seconds"]
    megabytes = max(best["client"]["megabytes"], best["flow"]["megabytes"])
    return [
        Number(ratio, f"of curl's throughput (at least {LEAST_RATIO})", ratio >= LEAST_RATIO),
        Number(megabytes, f"MB of memory at most (below {MOST_MEGABYTES})", megabytes < MOST_MEGABYTES),
    ]


def report(console: Console, title: str, size: int, best: dict[str, Figures]) -> list[str]:
    """Print figures and numbers to hold; return those that are not held."""
    show(console, title, size, best)
    for each in numbers(best):
        colour = "green" if each.is_held else "yellow"
        console.print(f"[{colour}]{each.value:8.2f}[/] {each.what}", highlight=False)
    return [f"{title}: {each}" for each in numbers(best) if not each.is_held]


def main() -> None:
    """Measure at the service's own rate, 20 MB/s a connection, and as fast as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="size of a product")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="end with code 1 if a number is not held")
    options = parser.parse_args()
    size = options.megabytes * 1_000_000
    missed: list[str] = []
    for title, rate in (("at 20 MB/s a connection", 20_000_000), ("as fast as it goes", None)):
        missed += report(Console(), title, size, measure(size, options.rounds, rate))
    if options.check and missed:
        sys.exit("Not held: " + "; ".join(missed))


if __name__ == "__main__":
    main()
