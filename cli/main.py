"""`geocatalog`: run a flow in this process, check the set-up, or try it all on a local GeoCatalog."""

import sys
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, CliApp, CliSubCommand, SettingsConfigDict, SettingsError, get_subcommand
from rich.console import Console
from rich.markup import escape

from models.bulk_request import BulkRequest
from models.census_request import CensusRequest
from models.errors import GeoCatalogFlowsError, InvalidRequest, SettingsMissing
from models.requests import BackfillRequest, IngestRequest, OnboardRequest, RemoveRequest, RerunRequest, TutorialRequest

USAGE_ERROR = 2
"""Exit code of a request that cannot be carried out as written; 1 is that of a run that failed."""


class Doctor(BaseModel):
    """Check URL, sign-in, role, source and Prefect API one by one."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    source_collection: str = "sentinel-2-l2a"
    """Collection of the source that is looked for."""


class Demo(BaseModel):
    """Run the tutorial on a local GeoCatalog: no cloud account needed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    keep: bool = False
    """Leave the local GeoCatalog, the Prefect server and the Collection up."""
    stop: bool = False
    """Stop what an earlier demo left up."""


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


class Geocatalog(BaseSettings):
    """Keep Collections in a Microsoft Planetary Computer Pro GeoCatalog complete."""

    model_config = SettingsConfigDict(
        cli_prog_name="geocatalog",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_avoid_json=True,
        cli_enforce_required=False,
        env_prefix="GEOCATALOG_CLI_",
    )

    onboard: CliSubCommand[OnboardRequest]
    ingest: CliSubCommand[IngestRequest]
    ingest_bulk: CliSubCommand[BulkRequest]
    census: CliSubCommand[CensusRequest]
    backfill: CliSubCommand[BackfillRequest]
    rerun_failed: CliSubCommand[RerunRequest]
    remove: CliSubCommand[RemoveRequest]
    tutorial: CliSubCommand[TutorialRequest]
    ledger: CliSubCommand[ShowLedger]
    doctor: CliSubCommand[Doctor]
    demo: CliSubCommand[Demo]


def main() -> None:
    """Parse the command line, run the command, and exit with 0, 1 (failed) or 2 (cannot be done as written)."""
    try:
        command = get_subcommand(CliApp.run(Geocatalog), is_required=True, cli_exit_on_error=True)
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


def run(command: object) -> int:
    """Run a parsed command; return its exit code. Imports late: Prefect takes more than a second."""
    match command:
        case Demo():
            from cli.demo import run_demo

            return run_demo(keep=command.keep, stop=command.stop)
        case Doctor():
            from cli.doctor import doctor

            return doctor(command.source_collection)
        case ShowLedger():
            from cli.ledger import show_ledger

            return show_ledger(command.collection_id, command.item_id, failures=command.failures, runs=command.runs)
        case _:
            from cli.run import run_request

            return run_request(command)


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
