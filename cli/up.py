"""`geocatalog up` and `down`: local GeoCatalog, Prefect server, worker and all deployments, to work with."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from dotenv import dotenv_values
from rich.console import Console

from cli import deployments, postgresql
from cli.local_servers import emulator, local_variables, point_at, prefect_server, staging_variables, url_of
from cli.prefect_api import prepare_prefect
from cli.services import Service, answers, require_free_port, stop_remembered
from cli.up_record import OWN_DATABASES, UpRecord, starting_alone
from models.errors import InvalidRequest

STAGING = "staging/up"
"""Account and container in which bulk ingestion and `ingest-copernicus` leave their files."""


class Options(NamedTuple):
    """What `make up` takes.

    Attributes:
        database: sqlite, postgresql (a server of its own), or the URL of a database on PostgreSQL.
        schedules: switch the schedules of all deployments on.
        fresh: forget the Collections, runs and ledger of earlier times.
        folder: of logs, databases and pictures.
        given: names of those that the user gave; all others are defaults.
    """

    emulator_port: int
    prefect_port: int
    database: str
    schedules: bool
    fresh: bool
    folder: Path
    given: frozenset[str] = frozenset()

    @property
    def asked(self) -> dict[str, Any]:
        """What decides how all is started, without the folder and without what ends with the start."""
        return {name: getattr(self, name) for name in ("emulator_port", "prefect_port", "database", "schedules")}

    @property
    def given_values(self) -> dict[str, Any]:
        """What the user gave, but for the folder."""
        return {name: value for name, value in self._asdict().items() if name in self.given - {"folder"}}


def up(options: Options) -> int:
    """Start all that is not there; return the exit code, 0.

    Raises:
        InvalidRequest: this is not the project's folder, a port is taken, or the database cannot be used.
        ServiceFailed: a program did not start; what was started is stopped again.
    """
    if not Path("prefect.yaml").is_file():
        raise InvalidRequest("There is no prefect.yaml here: run this in the project's folder.")
    console, record = Console(highlight=False, soft_wrap=True), UpRecord(options.folder)
    with starting_alone(options.folder):
        if addresses := record.addresses:
            left = record.not_applied(options.given_values)
            console.print("\n".join(filter(None, ["It is up already.", left, addresses])))
        else:
            _start_anew(options, record, console)
    return 0


def _start_anew(options: Options, record: UpRecord, console: Console) -> None:
    stop_remembered(record.processes)
    require_free_port(options.emulator_port, "EMULATOR_PORT")
    require_free_port(options.prefect_port, "PREFECT_PORT")
    if options.fresh:
        postgresql.remove_data(options.folder)
        shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    record.begin(options.asked)
    try:
        text = _start(options, record, console)
    except BaseException:
        record.stop()
        raise
    record.complete(options.asked, text)
    console.print(f"\n{text}")


def down(folder: Path) -> int:
    """Stop what `up` started, with all flow runs; return the exit code, 0."""
    console = Console(highlight=False)
    is_ours = not UpRecord(folder).has_given_database  # else other workers' runs may be among them

    def note(name: str) -> None:
        if name == "worker" and is_ours and (runs := _crash_unfinished_runs(folder)):
            console.print(f"{runs} unfinished flow runs marked as Crashed: retry them after the next `make up`.")

    stopped = stop_remembered(folder / "processes.json", note)
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing is up.")
    return 0


def _crash_unfinished_runs(folder: Path) -> int:
    """Mark the runs of the stopped worker, if the Prefect server still answers to be told."""
    os.environ.update({name: value or "" for name, value in dotenv_values(folder / "env").items()})
    prepare_prefect()
    return deployments.crash_unfinished_runs() if answers(f"{os.environ['PREFECT_API_URL']}/health")() else 0


def _start(options: Options, record: UpRecord, console: Console) -> str:
    """Start one after the other what the next one needs; return what to tell the user."""
    folder = options.folder
    emulator_url, prefect_url = url_of(options.emulator_port), url_of(options.prefect_port)
    variables = local_variables(emulator_url, prefect_url, folder)
    point_at(variables, folder)
    console.print("[bold]GeoCatalog Flows on this machine[/]")
    with console.status("Starting ...") as status:

        def ready(service: Service, sentence: str) -> None:
            service.wait_until_ready()
            console.print(f"  [green]✓[/] {sentence}")

        record.add(emulator(emulator_url, folder))
        database = _database(options, record)
        record.add(prefect_server(prefect_url, folder, {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database}))
        ready(record.services[0], f"Local GeoCatalog, {emulator_url}")
        point_at(variables | staging_variables(emulator_url, STAGING), folder)
        ready(record.services[-1], f"Prefect server, {prefect_url}")
        status.update("Deploying ...")
        deployments.make_pool()
        if options.database in OWN_DATABASES:  # nobody else's workers
            deployments.crash_unfinished_runs()
        record.add(deployments.start_worker(folder))
        names = deployments.deploy_all(schedules=options.schedules)
        console.print(f"  [green]✓[/] {len(names)} deployments, schedules {'on' if options.schedules else 'off'}")
        count = deployments.make_automations()
        console.print(f"  [green]✓[/] {count} automation{'s' if count > 1 else ''}")
        ready(record.services[-1], f"Worker of the pool {deployments.POOL}")
        status.update("Creating the first Collection, by a run of onboard-collection ...")
        collection_id = deployments.onboard_first()
        console.print(f"  [green]✓[/] Collection {collection_id}")
    return _addresses(emulator_url, prefect_url, folder)


def _database(options: Options, record: UpRecord) -> str:
    """Return the URL of Prefect's database; its server, if it is ours, is ready."""
    if options.database == "sqlite":
        return f"sqlite+aiosqlite:///{(options.folder / 'prefect' / 'prefect.db').resolve().as_posix()}"
    if options.database != "postgresql":
        return postgresql.given_database(options.database)
    service, url = postgresql.start_server(options.folder)
    record.add(service)
    service.wait_until_ready()
    return url


def _addresses(emulator_url: str, prefect_url: str, folder: Path) -> str:
    return f"""\
Prefect   {prefect_url}/deployments  (choose ingest-items, Run, Custom run)
Explorer  {emulator_url}/collections
STAC API  {emulator_url}/planetary-computer/api/stac/v1  (the source)
Use it:   set -a; . {folder / "env"}; set +a; .venv/bin/geocatalog census --help
Logs:     {folder}/*.log
Stop it:  make down  (what is in {folder} is kept; make up FRESH=1 begins anew)"""
