"""What `up` leaves written, whenever it is killed, and what the next `up` and `down` make of it."""

import sys

import pytest

from cli import deployments, up
from cli.main import Up, run
from cli.services import Service, stop_remembered
from cli.up_record import UpRecord, starting_alone
from models.errors import InvalidRequest

ASKED = {"emulator_port": 8090, "prefect_port": 4200, "database": "sqlite", "schedules": False}
GIVEN = "postgresql+asyncpg://ada:planted-password@db.example.com:5433/prefect?planted=too"


@pytest.fixture
def sleeper(tmp_path):
    """Start processes that wait; all are stopped at the end."""
    started = []

    def start(name: str) -> Service:
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        started.append(Service(name, command, lambda: True, tmp_path, {}, tied=True))
        return started[-1]

    yield start
    for service in started:
        service.stop()
        service.process.stdin.close()


def all_up(folder, sleeper, asked) -> UpRecord:
    record = UpRecord(folder)
    record.begin(asked)
    record.add(sleeper("worker"))
    record.complete(asked, "Prefect is here.")
    return record


def test_a_start_that_is_killed_leaves_nothing_unknown(tmp_path, sleeper):
    """Nothing is written at the end: what was started last is stopped first."""
    record = UpRecord(tmp_path)
    record.begin(ASKED)
    for name in ("emulator", "prefect-server"):
        record.add(sleeper(name))
    assert stop_remembered(tmp_path / "processes.json") == ["prefect-server", "emulator"]


def test_a_start_that_was_killed_is_not_up(tmp_path, sleeper):
    all_up(tmp_path, sleeper, ASKED)
    killed = UpRecord(tmp_path)
    killed.begin(ASKED)
    killed.add(sleeper("emulator"))
    assert UpRecord(tmp_path).addresses is None


def test_one_start_at_a_time_has_a_folder(tmp_path):
    refused = pytest.raises(InvalidRequest, match="Another `geocatalog up` is starting in")
    with starting_alone(tmp_path), refused, starting_alone(tmp_path):
        pass
    with starting_alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, None),
        ({"prefect_port": 4200, "schedules": "off", "database": "sqlite"}, None),
        ({"fresh": True, "schedules": "on"}, "SCHEDULES=on, FRESH=1."),
        ({"prefect_port": 5000, "emulator_port": 8091}, "EMULATOR_PORT=8091, PREFECT_PORT=5000."),
        ({"database": GIVEN}, "DATABASE=db.example.com:5433/prefect."),
        ({"database": "postgresql://ada:planted@/[@::1"}, "DATABASE=::1."),
    ],
)
def test_what_is_asked_of_that_which_is_up_is_said(tmp_path, sleeper, monkeypatch, capsys, options, sentence):
    (tmp_path / "up").mkdir()
    all_up(tmp_path / "up", sleeper, ASKED)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prefect.yaml").touch()
    assert run(Up(folder=tmp_path / "up", **options)) == 0
    said = capsys.readouterr().out.splitlines()
    expected = [f"Not applied, since it is up already: {sentence} `make down` first, then `make up` again."]
    assert said == ["It is up already.", *(expected if sentence else []), "Prefect is here."]


def test_a_database_that_is_used_already_is_no_other(tmp_path, sleeper):
    record = all_up(tmp_path, sleeper, {**ASKED, "database": GIVEN})
    assert record.not_applied({"database": GIVEN}) == ""
    assert "DATABASE=sqlite" in record.not_applied({"database": "sqlite"})
    assert "planted" not in "".join(path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize(("database", "marked"), [("sqlite", 1), ("postgresql", 1), (GIVEN, 0)])
@pytest.mark.parametrize("killed", [False, True])
def test_down_spares_the_runs_of_a_given_database(tmp_path, sleeper, monkeypatch, database, marked, killed):
    """Workers of somebody else may execute them."""
    calls = []
    (tmp_path / "env").write_text("PREFECT_API_URL='http://127.0.0.1:4200/api'\n")
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setattr(up, "prepare_prefect", lambda: None)
    monkeypatch.setattr(up, "answers", lambda url: lambda: True)
    monkeypatch.setattr(deployments, "crash_unfinished_runs", lambda: calls.append(1) or 0)
    record = all_up(tmp_path, sleeper, {**ASKED, "database": database})
    if killed:
        record.begin({**ASKED, "database": database})
    assert up.down(tmp_path) == 0
    assert len(calls) == marked
