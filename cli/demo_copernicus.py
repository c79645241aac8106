"""`geocatalog demo-copernicus`: from a search of the local Copernicus Data Space to proven Items on a map."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from cli.demo_servers import demo_servers, stop_demo
from cli.local_servers import local_variables, point_at, staging_variables
from cli.run import run_flow
from cli.terminal import print_ingest
from clients.copernicus.partial_file import CHUNK
from models.area import JsonDict
from models.copernicus_ingest import CopernicusIngestReport, IngestCopernicusRequest
from models.errors import RunFailed

FOLDER = Path(".demo-copernicus")
CONTAINER = "staging/copernicus"
CUT = "S2B_MSIL2A_20240205*"
"""Product whose download the server cuts off in its middle."""
ICELAND = [-22.46, 63.83, -22.39, 63.89]
SENTINEL_2 = IngestCopernicusRequest(
    collection_id="sentinel-2-copernicus",
    collection="SENTINEL-2",
    product_type="S2MSI2A",
    bbox=ICELAND,
    datetime_range="2024-02-04/2024-02-11",
    max_products=3,
    source_kind="SasToken",
    proof="all",
)
PRODUCTS = (3, 1)
"""How many are to be proven: of Sentinel-2, then of Sentinel-3."""
SENTINEL_3 = IngestCopernicusRequest(
    collection_id="sentinel-3-copernicus",
    collection="SENTINEL-3",
    product_type="OL_1_EFR___",
    bbox=ICELAND,
    datetime_range="2024-02-05/2024-02-05",
    source_kind="SasToken",
    proof="all",
)


def run_copernicus_demo(*, keep: bool = False, stop: bool = False) -> int:
    """Run the demo, or stop what an earlier one left up; return the exit code.

    Args:
        keep: leave servers and Collections up.
        stop: only stop.

    Raises:
        RunFailed: it did not show what it is to show.
    """
    console = Console(highlight=False, soft_wrap=True)
    stop_demo(console, FOLDER, tell=stop)
    if stop:
        return 0
    console.print("[bold]GeoCatalog Flows: Copernicus products into a GeoCatalog, all on this machine[/]")
    console.print(
        "Search, download, stage as blobs, make Items, ingest, prove: three products, then one of another mission."
    )
    with demo_servers(console, FOLDER, keep=keep) as (emulator_url, prefect_url):
        variables = local_variables(emulator_url, prefect_url, FOLDER)
        point_at(variables | staging_variables(emulator_url, CONTAINER), FOLDER)
        mishap = {"product": CUT, "kind": "truncated"}
        requests.post(f"{emulator_url}/_emulator/copernicus/mishaps", json=mishap, timeout=30).raise_for_status()
        reports = [_ingest(request, console) for request in (SENTINEL_2, SENTINEL_3)]
        _write(reports)
        check_proven(reports)
        counts = requests.get(f"{emulator_url}/_emulator/copernicus", timeout=30).json()
        _say_what_was_received(console, counts["products"])
        check_resumed(counts["products"], _sizes(counts))
    _say_what_next(console, reports, prefect_url, keep=keep)
    return 0


def _ingest(request: IngestCopernicusRequest, console: Console) -> CopernicusIngestReport:
    console.print(f"\n[bold]{request.collection}[/], {request.datetime_range}, into {request.collection_id}")
    report = run_flow(request, console)
    assert isinstance(report, CopernicusIngestReport)  # noqa: S101 - for the type checker
    print_ingest(console, report)
    return report


def check_proven(reports: Sequence[CopernicusIngestReport]) -> None:
    """Check that all products are in the catalog.

    Raises:
        RunFailed: they are not.
    """
    for report, wanted in zip(reports, PRODUCTS, strict=True):
        if report.proven != wanted:
            raise RunFailed(
                f"The demo was to prove {wanted} products in {report.collection_id}, and proved {report.proven} of"
                f" {report.matched} that match: see in the output above, and in {FOLDER / 'report.json'}, what failed."
            )


def check_resumed(products: Mapping[str, JsonDict], sizes: Mapping[str, int]) -> None:
    """Check by the server's own count that the download that was cut off went on where it broke off.

    Args:
        products: what was sent of each, by its name.
        sizes: bytes of the products that were cut off.

    Raises:
        RunFailed: it was not cut off, or began anew.
    """
    cut = {name: products[name] for name in sizes if products[name]["requests"] > 1}
    if not cut:
        raise RunFailed(f"No download of {CUT} was cut off and taken up again: see the log of the local Data Space.")
    for name, counted in cut.items():
        if counted["bytes"] > sizes[name] + CHUNK:
            raise RunFailed(
                f"{counted['bytes']:,} bytes were sent of {name}, which has {sizes[name]:,}: its download began anew"
                f" instead of asking for the missing bytes only, and at most {CHUNK:,} twice."
            )


def _sizes(counts: Mapping[str, Any]) -> dict[str, int]:
    """Return the bytes of the products that were asked for and were to be cut off, as the catalogue says."""
    names = [name for name in counts["products"] if fnmatchcase(name, CUT)]
    return {name: _size(counts["catalogue_url"], name) for name in names}


def _size(catalogue_url: str, name: str) -> int:
    answer = requests.get(f"{catalogue_url}/Products", params={"$filter": f"Name eq '{name}'"}, timeout=30)
    answer.raise_for_status()
    return int(answer.json()["value"][0]["ContentLength"])


def _say_what_was_received(console: Console, products: Mapping[str, JsonDict]) -> None:
    """Say by the server's own count what was sent of each product: a cut download goes on, it does not begin anew."""
    console.print("\nWhat the Data Space sent, by its own count:")
    for name, counted in products.items():
        resumed = ", cut off in its middle and resumed there" if counted["requests"] > 1 else ""
        console.print(f"  {name}: {counted['bytes']:,} bytes in {_requests(counted['requests'])}{resumed}")


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _write(reports: list[CopernicusIngestReport]) -> None:
    members = {"collection_id", "matched", "proven", "failed", "received", "sent", "seconds"}
    counts = [report.model_dump(include=members) for report in reports]
    (FOLDER / "report.json").write_text(json.dumps(counts, indent=2) + "\n")


def _say_what_next(console: Console, reports: list[CopernicusIngestReport], prefect_url: str, *, keep: bool) -> None:
    folder = FOLDER / "copernicus"
    left = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    console.print(f"Files left in {folder}: {len(left)}; what is proven is removed.")
    verified = next((report.verification for report in reports if report.verification), None)
    if verified and verified.preview_path:
        console.print(f"Preview, rendered by the GeoCatalog: [bold]{Path(verified.preview_path)}[/]")
    console.print(f"Report: {FOLDER / 'report.json'}")
    if not keep:
        console.print("\nServers stopped. Next: make demo-copernicus KEEP=1, to look at the map and at Prefect's UI.")
        return
    for report in reports:
        console.print(f"Still up: Explorer  {report.explorer_url}")
    console.print(f"          Prefect   {prefect_url}  (runs, task runs, artifacts)")
    console.print(f"Use it:   set -a; . {FOLDER / 'env'}; set +a; .venv/bin/geocatalog ingest-copernicus --help")
    console.print("Stop them with: .venv/bin/geocatalog demo-copernicus --stop")
