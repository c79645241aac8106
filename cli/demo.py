"""`geocatalog demo`: the tutorial on a local GeoCatalog, from nothing to six proven Items and a picture."""

import json
import os
import shutil
from pathlib import Path

from rich.console import Console

from cli.prefect_api import deliver_records, prepare_prefect
from cli.run import run_flow
from cli.services import Service, free_port, remember, stop_remembered
from cli.terminal import print_ingest
from models.reports import IngestReport, ItemsFailed, TutorialReport
from models.requests import TutorialRequest

FOLDER = Path(".demo")
PROCESSES = FOLDER / "processes.json"
ENVIRONMENT = FOLDER / "env"
EMULATOR_PORT = 8090
PREFECT_PORT = 4200


def run_demo(*, keep: bool = False, stop: bool = False) -> int:
    """Run the demo, or stop what an earlier one left up; return the exit code.

    Args:
        keep: leave servers and Collection up.
        stop: only stop.
    """
    console = Console(highlight=False)
    stopped = stop_remembered(PROCESSES)
    if stop:
        console.print(f"Stopped: {', '.join(stopped)}." if stopped else "No demo is running.")
        return 0
    return _demo(console, keep=keep)


def _demo(console: Console, *, keep: bool) -> int:
    FOLDER.mkdir(exist_ok=True)
    emulator_url = f"http://127.0.0.1:{free_port(EMULATOR_PORT)}"
    prefect_url = f"http://127.0.0.1:{free_port(PREFECT_PORT)}"
    _point_at(emulator_url, prefect_url)
    console.print("[bold]GeoCatalog Flows: Microsoft's tutorial on a local GeoCatalog[/]")
    services = _start(emulator_url, prefect_url)
    left_up = False
    try:
        with console.status("Starting the local GeoCatalog and a Prefect server (the first time, scenes are made) ..."):
            for service in services:
                service.wait_until_ready()
        console.print(f"  [green]✓[/] Local GeoCatalog {emulator_url}, Prefect {prefect_url}")
        report = run_flow(TutorialRequest(remove=not keep), console)
        assert isinstance(report, TutorialReport)  # noqa: S101 - for the type checker
        _finish(console, report)
        left_up = keep
    except ItemsFailed as error:
        _write(error.report, error.report.seconds)
        raise
    finally:
        deliver_records()
        if left_up:
            remember(PROCESSES, services)
        else:
            for service in services:
                service.stop()
    _say_what_next(console, report, emulator_url, prefect_url, keep=keep)
    return 0


def _start(emulator_url: str, prefect_url: str) -> list[Service]:
    state = FOLDER / "geocatalog"
    # a new catalog, and neither cached answers nor the ledger of the old one
    for stale in (state, FOLDER / "prefect" / "storage", FOLDER / "ledger"):
        shutil.rmtree(stale, ignore_errors=True)
    for picture in FOLDER.glob("*-preview.png"):
        picture.unlink()
    port, prefect_port = emulator_url.rpartition(":")[2], prefect_url.rpartition(":")[2]
    emulator = ["-m", "emulator", "--port", port, "--data-dir", str(state)]
    prefect = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", prefect_port]
    ui = {"PREFECT_SERVER_UI_API_URL": f"{prefect_url}/api", "PREFECT_SERVER_LOGGING_LEVEL": "WARNING"}
    return [
        Service("emulator", emulator, f"{emulator_url}/_emulator/health", FOLDER, {}),
        Service("prefect-server", prefect, f"{prefect_url}/api/health", FOLDER, ui),
    ]


def _point_at(emulator_url: str, prefect_url: str) -> None:
    """Set the variables that a user would set in `.env`: nothing else differs from a real GeoCatalog."""
    variables = {
        "GEOCATALOG_URL": emulator_url,
        "GEOCATALOG_CREDENTIAL": "managed-identity",
        "GEOCATALOG_SOURCE_URL": f"{emulator_url}/planetary-computer/api",
        "GEOCATALOG_BLOB_ROOT": f"{emulator_url}/planetary-computer/blob",
        "GEOCATALOG_POLL_INTERVAL": "0.5",
        "GEOCATALOG_OUTPUT_DIR": str(FOLDER),
        "GEOCATALOG_LEDGER_URL": f"sqlite:///{(FOLDER / 'ledger' / 'ledger.sqlite').resolve().as_posix()}",
        "IDENTITY_ENDPOINT": f"{emulator_url}/identity/token",
        "IDENTITY_HEADER": "local",
        "PREFECT_API_URL": f"{prefect_url}/api",
        "PREFECT_HOME": str((FOLDER / "prefect").resolve()),
    }
    os.environ.update(variables)
    ENVIRONMENT.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    prepare_prefect()


def _finish(console: Console, report: TutorialReport) -> None:
    _write(report.ingest, report.seconds)
    print_ingest(console, report.ingest)


def _write(report: IngestReport, seconds: float) -> None:
    counts = report.model_dump(include={"planned", "ingested", "proven", "failed"})
    (FOLDER / "report.json").write_text(json.dumps({**counts, "seconds": seconds}, indent=2) + "\n")


def _say_what_next(console: Console, report: object, emulator_url: str, prefect_url: str, *, keep: bool) -> None:
    assert isinstance(report, TutorialReport)  # noqa: S101 - for the type checker
    picture = report.ingest.verification.preview_path if report.ingest.verification else None
    console.print(f"\nPreview, rendered by the GeoCatalog: [bold]{picture}[/]", soft_wrap=True)
    console.print(f"Report: {FOLDER / 'report.json'}")
    if keep:
        console.print(f"\nStill up: Explorer  {report.onboard.explorer_url}", soft_wrap=True)
        console.print(f"          Prefect   {prefect_url}  (runs, task runs, artifacts)", soft_wrap=True)
        console.print(f"          STAC API  {emulator_url}/planetary-computer/api/stac/v1 (the source)", soft_wrap=True)
        console.print(f"Use it:   set -a; . {ENVIRONMENT}; set +a; .venv/bin/geocatalog census --help", soft_wrap=True)
        console.print("Stop them with: make demo-stop")
    else:
        console.print("\nServers stopped, Collection removed. Next: make demo KEEP=1, to look at the Explorer and at")
        console.print("Prefect's UI; then your own GeoCatalog: copy .env.example to .env, and make doctor.")
