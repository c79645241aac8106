"""`make up` and `make down`: one command brings up all that a user works with, and takes it down again."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text

from tests.deployments.conftest import PROJECT, Local, command
from tests.ledger.server import PASSWORD, started_server

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture
def postgresql():
    """A PostgreSQL server of somebody else."""
    yield from started_server()


def test_the_forms_run_as_they_are_filled_in(local):
    names = {deployment["name"] for deployment in local.api("POST", "deployments/filter", {})}
    assert {"ingest-items", "census", "rerun-failed", "onboard-collection"} <= names
    assert local.catalog.control("GET", "health")["items"] == 18
    run = local.wait(local.start("ingest-items"))
    assert (run["state"]["name"], run["state"]["message"]) == ("Completed", None)
    assert len(local.catalog.submitted()) == 6
    assert "It is up already." in (said := local.up())
    assert "Not applied" not in said
    assert "Not applied, since it is up already: SCHEDULES=on." in local.up("--schedules", "on")


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("up", "--prefect-port", str(port), "--emulator-port", "0", "--folder", str(tmp_path))
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert f"Port {port} is taken by another program" in line
    assert "PREFECT_PORT=" in line


@pytest.mark.parametrize(
    ("database", "sentence"),
    [
        ("mysql://root:planted-password@nowhere/x", "is not understood: leave it out for SQLite"),
        ("postgresql+asyncpg://u:planted-password@127.0.0.1:1/x", "The database of DATABASE= cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said(tmp_path, database, sentence):
    here = Local(tmp_path, database)
    done = command("up", *here.options)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert sentence in line
    assert "planted-password" not in done.stdout + done.stderr
    assert here.processes() == []


def assert_schedules_are_as_written(here: Local) -> None:
    """All are on, and their next runs are planned with the parameters that prefect.yaml gives them."""
    shipped = yaml.safe_load(Path("prefect.yaml").read_text())["deployments"]
    for deployment in shipped:
        known = here.deployment(deployment["name"])
        written = {each["slug"]: each.get("parameters", {}) for each in deployment.get("schedules", [])}
        assert {each["slug"]: each["parameters"] for each in known["schedules"]} == written
        assert all(each["active"] for each in known["schedules"])
        for parameters in written.values():
            planned = here.wait_for(lambda name=deployment["name"]: here.planned(name) or None)
            assert planned[0]["parameters"] == {**deployment["parameters"], **parameters}


def test_down_stops_what_a_killed_start_left(tmp_path):
    """As when the terminal is closed, or the machine wants to shut down."""
    here = Local(tmp_path)
    start = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "up", *here.options], cwd=PROJECT, stdout=subprocess.DEVNULL
    )
    try:
        here.wait_for(lambda: (tmp_path / "processes.json").exists() or None)
        start.terminate()
        start.wait()
        assert "emulator." in here.down()
        assert here.processes() == []
    finally:
        here.down()


def test_down_stops_runs_and_leaves_no_process(tmp_path):
    """A run that is stopped is Crashed, not Running for ever: it would keep the next one waiting."""
    here = Local(tmp_path)
    try:
        here.up()
        here.catalog.configure(operations={"min_seconds": 600, "max_seconds": 600})
        run_id = here.start("ingest-items")
        here.wait_for(lambda: here.catalog.submitted() or None)
        said = here.down()
        assert "1 unfinished flow runs marked as Crashed" in said
        assert "Stopped: worker, prefect-server, emulator." in said
        assert here.processes() == []
        assert "Nothing is up." in here.down()

        said = here.up("--schedules", "on")
        assert "deployments, schedules on" in said
        here.catalog.advance(600)
        assert here.run(run_id)["state"]["name"] == "Crashed"
        assert here.wait(here.start("ingest-items"))["state"]["type"] == "COMPLETED"
        assert here.catalog.submitted() == {}, "operations of the run that was stopped are waited for, nothing is sent"
        assert_schedules_are_as_written(here)
    finally:
        here.down()
        assert here.processes() == []


def test_a_given_database_has_prefects_records(tmp_path, postgresql):
    """The URL's driver does not matter; its password is in no file, and nothing that is said has it."""
    url = postgresql.url("postgres")
    here = Local(tmp_path, url)
    try:
        said = here.up()
        engine = create_engine(url)
        with engine.connect() as connection:
            runs = connection.execute(text("SELECT state_name FROM flow_run")).scalars().all()
        engine.dispose()
        assert runs == ["Completed"], "the run of onboard-collection"
        assert PASSWORD not in said + here.down()
    finally:
        here.down()
        assert here.processes() == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
