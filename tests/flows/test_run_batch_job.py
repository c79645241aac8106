"""Scripts on the nodes of the Batch stand-in, signed in as their identity to the local GeoCatalog."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prefect import flow
from pydantic import ValidationError

from emulator.azure_batch.server import BatchServer
from flows.run_batch_job import run_batch_job
from models.batch_job import BatchJobRequest
from models.errors import InvalidRequest, RunFailed, SettingsMissing
from settings import forget_settings
from tasks.batch_job import SubmittedJob, azure_batch, fetch_output, submit_batch_job, tasks_of, wait_until_ended
from tests.conftest import LocalGeoCatalog


@pytest.fixture
def batch(
    emulator: LocalGeoCatalog, prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BatchServer]:
    with BatchServer(tmp_path / "batch") as server:
        server.add_pool("pool", nodes=2)
        monkeypatch.setenv("GEOCATALOG_BATCH_URL", server.url)
        monkeypatch.setenv("GEOCATALOG_BATCH_POOL", "pool")
        monkeypatch.setenv("GEOCATALOG_BATCH_IDENTITY", "local-node-identity")
        monkeypatch.setenv("GEOCATALOG_BATCH_POLL_INTERVAL", "0.1")
        forget_settings()
        azure_batch.cache_clear()
        yield server
        forget_settings()
        azure_batch.cache_clear()


@pytest.mark.parametrize("script", ["list_collections.py", "list_collections.sh"])
def test_both_scripts_of_the_quickstart_print_the_collections(
    batch: BatchServer, emulator: LocalGeoCatalog, script: str
) -> None:
    emulator.create_collection("on-the-nodes")
    report = run_batch_job(BatchJobRequest(script_name=script))
    assert report.sentence.startswith("All 1 runs of the script succeeded")
    listed = json.loads(report.shown[0].stdout)
    collections = listed["collections"] if isinstance(listed, dict) else listed
    assert [collection["id"] for collection in collections] == ["on-the-nodes"]
    assert azure_batch().count_tasks(report.job_id).succeeded == 1


@pytest.mark.parametrize("lag", [0, 3])
def test_a_retry_repeats_only_what_failed(batch: BatchServer, tmp_path: Path, lag: int) -> None:
    """Of the second time, counts that are behind say at once that all has ended."""
    batch.account.config = batch.account.config.model_copy(update={"count_lag": lag, "start_delay": lag / 10})
    script = f"echo $1; echo $1 >> {tmp_path}/journal; test -e {tmp_path}/mended || test $1 != b"
    request = BatchJobRequest(script=script, language="bash", arguments=["a", "b", "c"], job="three")

    @flow
    def twice() -> None:
        for left, succeeded in ((1, 2), (0, 3)):
            job = submit_batch_job(request)
            ended = wait_until_ended(azure_batch(), job, 0.1, lambda seconds: None)
            assert [task.state for task in ended] == ["completed"] * 3
            report = fetch_output(job, ended, request)
            assert (report.failed, report.succeeded) == (left, succeeded)
            assert report.shown[0].argument == ("b" if left else "a")
            (tmp_path / "mended").touch()

    twice()
    assert sorted((tmp_path / "journal").read_text().split()) == ["a", "b", "b", "c"]


def test_failed_scripts_fail_the_run_and_are_named(batch: BatchServer) -> None:
    with pytest.raises(RunFailed, match=r"1 of 1 runs of the script failed \(task-00000: FailureExitCode"):
        run_batch_job(BatchJobRequest(script="import sys; sys.exit(3)", job="fails"))


def test_what_is_not_there_is_told_before_anything_is_made(batch: BatchServer) -> None:
    with pytest.raises(InvalidRequest, match="has no pool 'none'"):
        run_batch_job(BatchJobRequest(pool_id="none"))
    with pytest.raises(InvalidRequest, match=r"no script other\.py in .*; there are list_collections\.py"):
        run_batch_job(BatchJobRequest(script_name="other.py"))


def test_settings_that_are_missing_are_named(batch: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "POOL", "IDENTITY"):
        monkeypatch.delenv(f"GEOCATALOG_BATCH_{name}")
        forget_settings()
        with pytest.raises(
            SettingsMissing, match=r"GEOCATALOG_BATCH_\w+ is not set: put it into the environment or into .env"
        ):
            run_batch_job(BatchJobRequest())
        monkeypatch.setenv(f"GEOCATALOG_BATCH_{name}", batch.url)


def test_the_deployments_run_where_an_ordinary_worker_is() -> None:
    """On a node, the flow would wait in a slot for its own Batch tasks, without the settings of the account."""
    root = Path(__file__).parents[2]
    files = [root / "prefect.yaml", *(root / "deployments" / "azure_batch").glob("*.yaml")]
    shipped = [one for file in files for one in yaml.safe_load(file.read_text())["deployments"]]
    pools = [one["work_pool"]["name"] for one in shipped if one["entrypoint"].endswith(".run_batch_job")]
    assert pools == ["geocatalog", "geocatalog"]


def test_a_request_has_one_script() -> None:
    assert BatchJobRequest(script="print(1)").script_name is None
    assert BatchJobRequest(script_name="list_collections.sh").kind == "bash"
    with pytest.raises(ValidationError, match="give either script_name or script"):
        BatchJobRequest(script="x", script_name="list_collections.py")


@pytest.mark.long
def test_ten_thousand_tasks_are_added_in_a_hundred_requests_and_once(batch: BatchServer) -> None:
    batch.account.pool("pool").nodes.clear()  # they only wait
    request = BatchJobRequest(script="x", arguments=[f"tile {number}" for number in range(10_000)])
    azure_batch().ensure_job("many", "pool")
    batch.account.requests.clear()
    assert azure_batch().add_tasks("many", tasks_of(request, None)) == 10_000
    assert batch.account.requests == {"POST /jobs/{job_id}/addtaskcollection": 100}
    assert azure_batch().add_tasks("many", tasks_of(request, None)) == 0
    assert azure_batch().count_tasks("many").active == 10_000


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_tasks_really_run(batch: BatchServer) -> None:
    with batch.account.lock:
        batch.account.pool("pool").body["taskSlotsPerNode"] = 4
    request = BatchJobRequest(script="echo $1", language="bash", arguments=[str(n) for n in range(10_000)])
    azure_batch().ensure_job("many", "pool", {"GEOCATALOG_SCRIPT": "echo $1"})
    azure_batch().add_tasks("many", tasks_of(request, None))
    ended = wait_until_ended(azure_batch(), SubmittedJob("many", "pool", 10_000), 1, time.sleep)
    assert len(ended) == 10_000 and not any(task.failure for task in ended)
    assert azure_batch().read_file("many", "task-09999", "stdout.txt", 0, 100) == b"9999\n"
