"""The command line as a user meets it: one sentence for each thing that can be wrong, and an exit code."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

from cli.main import Geocatalog

PROJECT = Path(__file__).parents[2]
BBOX = "--bbox=-22.455626,63.834083,-22.395201,63.880750"


@pytest.fixture
def geocatalog(emulator, tmp_path):
    """Run the command in an empty folder with an empty home."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            capture_output=True,
            text=True,
            timeout=600,
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "COLUMNS": "200", "PYTHONPATH": str(PROJECT), **environment},
            check=False,
        )

    return run


def said(result: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence on standard error; fail if there is more or a traceback."""
    assert "Traceback" not in result.stderr + result.stdout, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


WEEK = "--datetime-range=2024-02-04/2024-02-11"
AREAS = ("report-area-statistics",)
INGEST = ("ingest", "--collection-id", "sentinel-2-test")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*INGEST, "--bbox=1,5,2,4"), "south (5.0) must be less than north (4.0)"),
        ((*INGEST, "--bbox=1,2,3"), "[west, south, east, north] in degrees; got 3"),
        ((*INGEST, "--bbox=170,-10,-170,10"), "crosses the antimeridian"),
        ((*INGEST, BBOX, "--datetime-range", "2024-02-11/2024-02-04"), "ends before it starts"),
        ((*INGEST, BBOX, "--datetime-range="), "is not a datetime range"),
        ((*INGEST,), "exactly one of bbox, geometry, areas and geojson_file"),
        (("ingest", BBOX), "collection_id: Field required"),
        ((*INGEST, BBOX, "--max-items", "0"), "max_items: Input should be greater than or equal to 1"),
        ((*AREAS, "--bbox=1,2,3,4"), "give exactly one of datetime_range, last and periods"),
        (
            (*AREAS, "--last=3"),
            "areas and geojson_file as the area (or all_observearth)",
        ),
        ((*AREAS, "--bbox=1,2,3,4", "--last=3", "--index=green"), "there is no index 'green': write ndvi, evi"),
        ((*AREAS, "--all-observearth", "--last=3"), "all_observearth needs the provider observearth"),
        ((*AREAS, "--bbox=1,2,3,4", "--last=3", "--color-range=0.9,-0.2"), "begins at 0.9 and ends at -0.2: swap them"),
    ],
)
def test_a_wrong_request_exits_with_2(geocatalog, arguments, sentence):
    result = geocatalog(*arguments)
    assert result.returncode == 2
    assert sentence in said(result)


def test_a_box_west_of_greenwich_may_follow_its_option(geocatalog):
    apart = geocatalog(*INGEST, "--bbox", "-22.5,63.9,-22.4,63.8")
    assert (apart.returncode, "south (63.9) must be less than north (63.8)" in said(apart)) == (2, True)


def test_without_a_command_each_is_explained(geocatalog):
    result = geocatalog()
    assert result.returncode == 0
    for name in Geocatalog.model_fields:
        assert re.search(rf"^    {name.replace('_', '-')}\s+[A-Z].* .*\.$", result.stdout, re.MULTILINE), name


def test_a_missing_url_is_said(geocatalog):
    result = geocatalog(*INGEST, BBOX, GEOCATALOG_URL="")
    assert result.returncode == 2
    assert "GEOCATALOG_URL is wrong: '' is not a URL" in said(result)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_url_where_nothing_listens_is_said(geocatalog):
    result = geocatalog(*INGEST, BBOX, GEOCATALOG_URL=f"http://127.0.0.1:{closed_port()}")
    assert result.returncode == 1
    assert "cannot be reached (Connection refused): check the URL" in said(result)


@pytest.mark.long
def test_an_unknown_host_is_said(geocatalog):
    result = geocatalog(*INGEST, BBOX, GEOCATALOG_URL="https://nowhere.invalid")
    assert result.returncode == 1
    assert "The host of https://nowhere.invalid (GeoCatalog) is unknown" in said(result)


def test_a_token_is_not_sent_in_clear(geocatalog):
    result = geocatalog(*INGEST, BBOX, GEOCATALOG_URL="http://geocatalog.example.com")
    assert "not sent to http://geocatalog.example.com: use https" in said(result)


def test_another_server_at_the_url_is_said(geocatalog, emulator):
    result = geocatalog(*INGEST, BBOX, GEOCATALOG_URL=f"{emulator.url}/_emulator/health")
    assert result.returncode == 1
    assert "check" in said(result)


def test_no_sign_in_is_said(geocatalog):
    result = geocatalog(*INGEST, BBOX, IDENTITY_HEADER="wrong")
    assert result.returncode == 1
    assert "No Azure sign-in could be had" in said(result)
    assert "Run `az login`" in said(result)


def test_a_forgotten_time_is_said(geocatalog):
    result = geocatalog(*INGEST, BBOX)
    assert result.returncode == 2
    assert "Say which time: --datetime-range" in said(result)


def test_an_expired_sign_in_is_said(geocatalog, emulator):
    emulator.configure(identity={"expired": True})
    sentence = said(geocatalog(*INGEST, BBOX))
    assert "401" in sentence
    assert "sign in again" in sentence


def test_a_read_only_role_is_said(geocatalog, emulator):
    emulator.configure(identity={"role": "GeoCatalog Reader"})
    sentence = said(geocatalog(*INGEST, BBOX))
    assert "403" in sentence
    assert "GeoCatalog Administrator" in sentence


def test_a_prefect_server_that_is_down_is_said(geocatalog):
    url = f"http://127.0.0.1:{closed_port()}/api"
    assert f"The Prefect server at {url} does not answer" in said(geocatalog(*INGEST, BBOX, PREFECT_API_URL=url))


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_an_unknown_collection_is_said(geocatalog):
    result = geocatalog("ingest", "--collection-id", "nowhere", BBOX, WEEK, PREFECT_API_URL=PREFECT_API_URL.value())
    assert result.returncode == 2
    assert "The GeoCatalog has no Collection 'nowhere': create it first" in said(result)


@pytest.mark.usefixtures("prefect_server")
def test_an_ingest_prints_its_outcome(geocatalog, collection):
    api = PREFECT_API_URL.value()
    result = geocatalog(*INGEST, BBOX, WEEK, "--max-items", "2", PREFECT_API_URL=api)
    assert result.returncode == 0, result.stderr
    assert "All 2 Items are proven in sentinel-2-test, 2 by this run" in result.stdout
    nothing = geocatalog(*INGEST, BBOX, "--datetime-range", "2019-01-01", PREFECT_API_URL=api)
    assert nothing.returncode == 0
    assert "No Items of the source match the request: nothing was ingested." in nothing.stdout


@pytest.mark.usefixtures("prefect_server")
def test_failed_items_are_named_and_the_exit_code_is_1(geocatalog, emulator, collection):
    emulator.fault(item="S2B_*20240205*", code="EmptyAsset", message="no bytes", times=None)
    result = geocatalog(*INGEST, BBOX, WEEK, PREFECT_API_URL=PREFECT_API_URL.value())
    assert result.returncode == 1
    assert "1 of 6 Items failed" in said(result)
    assert "EmptyAsset" in result.stdout


def test_doctor_finds_all_well(geocatalog):
    result = geocatalog("doctor")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "All is well." in result.stdout


def test_doctor_says_what_is_wrong(geocatalog, emulator):
    emulator.configure(identity={"role": "GeoCatalog Reader"})
    result = geocatalog("doctor", "--source-collection", "sentinel-9")
    assert result.returncode == 1
    assert "✗ Role: " in result.stdout
    assert "✗ Source catalog: " in result.stdout
    assert result.stdout.count("✓") >= 3


@pytest.mark.long
def test_doctor_says_a_cause_once(geocatalog):
    url = f"http://127.0.0.1:{closed_port()}"
    result = geocatalog("doctor", GEOCATALOG_URL=url, GEOCATALOG_SOURCE_URL=f"{url}/api")
    assert result.returncode == 1
    assert "✗ GeoCatalog URL and sign-in: " in result.stdout
    assert "- Role: not asked, since the check above failed" in result.stdout
    assert "- SAS token of the source: not asked" in result.stdout
    assert "2 to mend." in result.stdout


def test_doctor_without_settings_names_the_first_step(geocatalog, monkeypatch):
    monkeypatch.delenv("GEOCATALOG_URL")
    result = geocatalog("doctor")
    assert result.returncode == 1
    assert "GEOCATALOG_URL is not set: put it into the environment or into .env (copy .env.example)." in result.stdout
