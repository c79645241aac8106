"""`geocatalog demo-copernicus`: from a search of the local Copernicus Data Space to proven Items on a map."""

import json
from pathlib import Path

import requests
from rich.console import Console

from cli.demo_servers import demo_servers, stop_demo
from cli.local_servers import local_variables, point_at, staging_variables
from cli.run import run_flow
from cli.terminal import print_ingest
from models.copernicus_ingest import CopernicusIngestReport, IngestCopernicusRequest

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
        _say_what_was_received(console, emulator_url)
        _write(reports)
    _say_what_next(console, reports, prefect_url, keep=keep)
    return 0


def _ingest(request: IngestCopernicusRequest, console: Console) -> CopernicusIngestReport:
    console.print(f"\n[bold]{request.collection}[/], {request.datetime_range}, into {request.collection_id}")
    report = run_flow(request, console)
    assert isinstance(report, CopernicusIngestReport)  # noqa: S101 - for the type checker
    print_ingest(console, report)
    return report


def _say_what_was_received(console: Console, emulator_url: str) -> None:
    """Say by the server's own count what was sent of each product: a cut download goes on, it does not begin anew."""
    answer = requests.get(f"{emulator_url}/_emulator/copernicus", timeout=30)
    console.print("\nWhat the Data Space sent, by its own count:")
    for name, counted in answer.json()["products"].items():
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
