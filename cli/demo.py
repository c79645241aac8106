"""`geocatalog demo`: the tutorial on a local GeoCatalog, from nothing to six proven Items and a picture."""

import json
from pathlib import Path

from rich.console import Console

from cli.demo_servers import demo_servers, stop_demo
from cli.run import run_flow
from cli.terminal import print_ingest
from models.reports import IngestReport, ItemsFailed, TutorialReport
from models.requests import TutorialRequest

FOLDER = Path(".demo")


def run_demo(*, keep: bool = False, stop: bool = False) -> int:
    """Run the demo, or stop what an earlier one left up; return the exit code.

    Args:
        keep: leave servers and Collection up.
        stop: only stop.
    """
    console = Console(highlight=False)
    stop_demo(console, FOLDER, tell=stop)
    if not stop:
        _demo(console, keep=keep)
    return 0


def _demo(console: Console, *, keep: bool) -> None:
    console.print("[bold]GeoCatalog Flows: Microsoft's tutorial on a local GeoCatalog[/]")
    for picture in FOLDER.glob("*-preview.png"):
        picture.unlink()
    with demo_servers(console, FOLDER, keep=keep) as (emulator_url, prefect_url):
        try:
            report = run_flow(TutorialRequest(remove=not keep), console)
        except ItemsFailed as error:
            _write(error.report, error.report.seconds)
            raise
        assert isinstance(report, TutorialReport)  # noqa: S101 - for the type checker
        _finish(console, report)
    _say_what_next(console, report, emulator_url, prefect_url, keep=keep)


def _finish(console: Console, report: TutorialReport) -> None:
    _write(report.ingest, report.seconds)
    print_ingest(console, report.ingest)


def _write(report: IngestReport, seconds: float) -> None:
    counts = report.model_dump(include={"planned", "ingested", "proven", "failed"})
    (FOLDER / "report.json").write_text(json.dumps({**counts, "seconds": seconds}, indent=2) + "\n")


def _say_what_next(
    console: Console, report: TutorialReport, emulator_url: str, prefect_url: str, *, keep: bool
) -> None:
    picture = report.ingest.verification.preview_path if report.ingest.verification else None
    console.print(f"\nPreview, rendered by the GeoCatalog: [bold]{picture}[/]", soft_wrap=True)
    console.print(f"Report: {FOLDER / 'report.json'}")
    if keep:
        console.print(f"\nStill up: Explorer  {report.onboard.explorer_url}", soft_wrap=True)
        console.print(f"          Prefect   {prefect_url}  (runs, task runs, artifacts)", soft_wrap=True)
        console.print(f"          STAC API  {emulator_url}/planetary-computer/api/stac/v1 (the source)", soft_wrap=True)
        console.print(
            f"Use it:   set -a; . {FOLDER / 'env'}; set +a; .venv/bin/geocatalog census --help", soft_wrap=True
        )
        console.print("Stop them with: make demo-stop")
    else:
        console.print("\nServers stopped, Collection removed. Next: make demo KEEP=1, to look at the Explorer and at")
        console.print("Prefect's UI; then your own GeoCatalog: copy .env.example to .env, and make doctor.")
