"""`geocatalog`: run a flow in this process, check the set-up, or try it all on a local GeoCatalog."""

import re
import sys
from pathlib import Path
from typing import Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, CliSubCommand, SettingsConfigDict, SettingsError, get_subcommand
from rich.console import Console
from rich.markup import escape

from models.area_statistics_request import AreaStatisticsRequest
from models.batch_job import BatchJobRequest
from models.bulk_request import BulkRequest
from models.census_request import CensusRequest
from models.copernicus_ingest import IngestCopernicusRequest
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import GeoCatalogFlowsError, InvalidRequest, SettingsMissing
from models.requests import BackfillRequest, IngestRequest, OnboardRequest, RemoveRequest, RerunRequest, TutorialRequest

USAGE_ERROR = 2
LAST_PORT = 65_535
"""Exit code of a request that cannot be carried out as written; 1 is that of a run that failed."""

_OPTION = re.compile("--[a-z-]+")
_NEGATIVE = re.compile(r"-[.0-9]")


class Doctor(BaseModel):
    """Check URL, sign-in, role, source and Prefect API one by one."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    source_collection: str = "sentinel-2-l2a"
    """Collection of the source that is looked for."""
    azure_batch: bool = False
    """Check also what flow runs on Azure Batch need."""


class Demo(BaseModel):
    """Run the tutorial on a local GeoCatalog: no cloud account needed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keep: bool = False
    """Leave the local GeoCatalog, the Prefect server and the Collection up."""
    stop: bool = False
    """Stop what an earlier demo left up."""


class Up(BaseModel):
    """Start a local GeoCatalog, a Prefect server, a worker and all deployments, to work with in Prefect's UI."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    emulator_port: int = Field(default=8090, ge=0, le=LAST_PORT)
    """Port of the local GeoCatalog on 127.0.0.1."""
    prefect_port: int = Field(default=4200, ge=1, le=LAST_PORT)
    """Port of the Prefect server on 127.0.0.1."""
    database: str = "sqlite"
    """Prefect's database: sqlite, postgresql (a server of its own), or the URL of a database on PostgreSQL."""
    schedules: Literal["on", "off"] = "off"
    """On: runs are begun by the schedules of prefect.yaml."""
    fresh: bool = False
    """Forget the Collections, runs and ledger of earlier times."""
    folder: Path = Path(".up")
    """Folder of logs, databases and pictures."""


class Down(BaseModel):
    """Stop what `up` started, and nothing else."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    folder: Path = Path(".up")
    """The folder that `up` was given."""


class DemoBatch(BaseModel):
    """Ingest on four nodes of a local stand-in of Azure Batch; one of them is lost in the middle."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keep: bool = False
    """Leave the local GeoCatalog, the Prefect server, the stand-in and the worker up."""
    stop: bool = False
    """Stop what an earlier demo left up."""


class DemoAreas(BaseModel):
    """Measure five areas in the twelve months of 2023 on a local GeoCatalog, and by a stand-in of ObservEarth."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keep: bool = False
    """Leave the local GeoCatalog and the Prefect server up; `geocatalog demo-areas --stop` stops them."""
    stop: bool = False
    """Stop what an earlier one left up."""


class DemoCopernicus(BaseModel):
    """Bring products of a local Copernicus Data Space into a local GeoCatalog: no account needed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keep: bool = False
    """Leave the servers and the Collections up; `geocatalog demo-copernicus --stop` stops them."""
    stop: bool = False
    """Stop what an earlier one left up."""


class ShowLedger(BaseModel):
    """Print what the ledger knows: runs, open Items, failures by cause; or all that happened to one Item."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    collection_id: str | None = None
    """Collection of the GeoCatalog. Empty: all."""
    item_id: str | None = None
    """Item of that Collection whose history is printed."""
    failures: bool = False
    """Only the failures, and the Items that failed."""
    runs: bool = False
    """Only the runs."""
    copernicus: bool = False
    """Runs of download-copernicus, and the products that they gave up. Needs no GeoCatalog."""
    prune_days: int | None = Field(default=None, ge=1)
    """Delete what happened more than so many days ago to Items that are proven or removed; their state stays."""


class Automations(BaseModel):
    """Let the Prefect server mark dead runs as Crashed, and notify of new kinds of failure; run it again to change."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    notify: str | None = Field(default=None, pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")
    """Notification block as TYPE/NAME, such as sendgrid-email/operations. Empty: GEOCATALOG_ALERT_WEBHOOK is called."""
    silent_after: float = Field(default=540, ge=90)
    """Seconds without a sign of life after which a run is Crashed: three heartbeats of 180 s, Prefect's default. 90 if
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30 is set wherever flows run."""
    remove: bool = False
    """Remove these automations."""


class Geocatalog(BaseSettings):
    """Keep Collections in a Microsoft Planetary Computer Pro GeoCatalog complete."""

    model_config = SettingsConfigDict(
        cli_prog_name="geocatalog",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_avoid_json=True,
        cli_enforce_required=False,
        cli_hide_none_type=True,
        cli_use_class_docs_for_groups=True,  # each command with its sentence
        env_prefix="GEOCATALOG_CLI_",
    )

    onboard: CliSubCommand[OnboardRequest]
    ingest: CliSubCommand[IngestRequest]
    ingest_bulk: CliSubCommand[BulkRequest]
    download_copernicus: CliSubCommand[DownloadCopernicusRequest]
    ingest_copernicus: CliSubCommand[IngestCopernicusRequest]
    census: CliSubCommand[CensusRequest]
    backfill: CliSubCommand[BackfillRequest]
    rerun_failed: CliSubCommand[RerunRequest]
    remove: CliSubCommand[RemoveRequest]
    run_batch_job: CliSubCommand[BatchJobRequest]
    tutorial: CliSubCommand[TutorialRequest]
    report_area_statistics: CliSubCommand[AreaStatisticsRequest]
    ledger: CliSubCommand[ShowLedger]
    automations: CliSubCommand[Automations]
    doctor: CliSubCommand[Doctor]
    demo: CliSubCommand[Demo]
    demo_areas: CliSubCommand[DemoAreas]
    demo_batch: CliSubCommand[DemoBatch]
    demo_copernicus: CliSubCommand[DemoCopernicus]
    up: CliSubCommand[Up]
    down: CliSubCommand[Down]


def main() -> None:
    """Parse the command line, run the command, and exit with 0, 1 (failed) or 2 (cannot be done as written)."""
    try:
        parsed = CliApp.run(Geocatalog, cli_args=as_parsed(sys.argv[1:]))
        command = get_subcommand(parsed, is_required=True, cli_exit_on_error=True)
        sys.exit(run(command))
    except SettingsError as error:
        stop(f"{error}: write JSON, or give a file to --geojson-file.", USAGE_ERROR)
    except ValidationError as error:
        stop(_sentence(error), USAGE_ERROR)
    except (InvalidRequest, SettingsMissing) as error:
        stop(str(error), USAGE_ERROR)
    except GeoCatalogFlowsError as error:
        stop(str(error), 1)
    except KeyboardInterrupt:
        stop("Stopped. What was not finished is done by running the same command again.", 130)


def as_parsed(arguments: list[str]) -> list[str]:
    """Return arguments as argparse understands them: a number below zero goes with its option; none ask for help."""
    joined: list[str] = []
    for argument in arguments:
        if joined and _OPTION.fullmatch(joined[-1]) and _NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined or ["--help"]


def run(command: object) -> int:
    """Run a parsed command; return its exit code. Imports late: Prefect takes more than a second."""
    match command:
        case Demo() | DemoAreas() | DemoCopernicus() | DemoBatch():
            return _run_demo(command)
        case Up():
            from cli.up import Options, up

            given = frozenset(command.model_fields_set)
            return up(Options(**{**dict(command), "schedules": command.schedules == "on"}, given=given))
        case Down():
            from cli.up import down

            return down(command.folder)
        case Doctor():
            from cli.doctor import doctor

            return doctor(command.source_collection, azure_batch=command.azure_batch)
        case ShowLedger():
            from cli.ledger import run_ledger, show_downloads

            if command.copernicus:
                return show_downloads(command.collection_id)
            return run_ledger(
                command.collection_id,
                command.item_id,
                failures=command.failures,
                runs=command.runs,
                prune_days=command.prune_days,
            )
        case Automations():
            from cli.prefect_api import prepare_prefect

            prepare_prefect()
            from cli.automate import automate

            return automate(command.silent_after, command.notify, remove=command.remove)
        case _:
            from cli.run import run_request

            return run_request(command)


def _run_demo(command: Demo | DemoAreas | DemoCopernicus | DemoBatch) -> int:
    match command:
        case Demo():
            from cli.demo import run_demo

            return run_demo(keep=command.keep, stop=command.stop)
        case DemoAreas():
            from cli.demo_areas import run_demo_areas

            return run_demo_areas(keep=command.keep, stop=command.stop)
        case DemoCopernicus():
            from cli.demo_copernicus import run_copernicus_demo

            return run_copernicus_demo(keep=command.keep, stop=command.stop)
        case DemoBatch():
            from cli.demo_batch import run_demo_batch

            return run_demo_batch(keep=command.keep, stop=command.stop)


def stop(message: str, code: int) -> NoReturn:
    """Say on standard error why it ends, in one sentence, and exit."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]Error:[/] {escape(message)}")
    sys.exit(code)


def _sentence(error: ValidationError) -> str:
    parts = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"] if part not in Geocatalog.model_fields)
        message = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{name}: {message}" if name else message)
    return "; ".join(parts)


if __name__ == "__main__":
    main()
