"""Tasks that really run: output, environment, identity, limits, and nodes that go away."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.batch import BatchClient
from azure.batch import models as bm
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from emulator.azure_batch.config import WELL_KNOWN_KEY
from emulator.azure_batch.processes import MARK
from emulator.server import EmulatorServer
from tests.emulator.azure_batch.conftest import JOB, POOL, Batch, eventually

NODES = bm.BatchNodeIdentityReference(resource_id="/subscriptions/s/userAssignedIdentities/local-node-identity")
IDENTITY = (
    "from azure.identity import ManagedIdentityCredential as M; print(M(client_id={!r}).get_token({!r}).token[:3])"
)


def processes_below(folder: Path) -> list[str]:
    """Command lines of the processes that nodes with their disks in this folder started."""
    needle = f"{MARK}={folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


def lose(batch: Batch) -> dict[str, object]:
    """Lose the node that runs the task."""
    node = batch.client.get_task(JOB, "t").node_info.node_id
    return batch.control("POST", f"pools/{POOL}/nodes/{node}/lose")


def test_a_command_runs_and_leaves_its_output(batch: Batch) -> None:
    task = batch.run("/bin/sh -c 'echo out; echo err >&2; echo kept > file.txt'")
    assert (task.execution_info.exit_code, task.execution_info.result) == (0, "success")
    assert task.execution_info.start_time <= task.execution_info.end_time
    assert (batch.text(), batch.text("stderr.txt"), batch.text("wd/file.txt")) == ("out\n", "err\n", "kept\n")
    names = {file.name for file in batch.client.list_task_files(JOB, "t", recursive=True)}
    assert names == {"stdout.txt", "stderr.txt", "wd", "wd/file.txt"}


def test_a_part_of_a_file_is_asked_for_by_ocp_range(batch: Batch) -> None:
    batch.run("/bin/echo 0123456789")
    assert int(batch.client.get_task_file_properties(JOB, "t", "stdout.txt").content_length) == 11
    assert batch.text(ocp_range="bytes=3-5") == "345"
    with pytest.raises(HttpResponseError) as refused:
        batch.text(ocp_range="bytes=11-20")
    assert refused.value.status_code == 416


def test_files_are_not_there_before_the_start_and_gone_with_the_node(batch: Batch) -> None:
    batch.control("PUT", "config", {"start_delay": 60})
    batch.add("/bin/true")
    with pytest.raises(ResourceNotFoundError):
        batch.text()
    batch.control("PUT", "config", {"start_delay": 0})
    batch.wait()
    lose(batch)
    with pytest.raises(ResourceExistsError) as gone:  # the SDK's name for 409
        batch.text()
    assert gone.value.status_code == 409


def test_the_environment_is_the_nodes_own(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    batch.client.create_job(
        bm.BatchJobCreateOptions(
            id="shared",
            pool_info=bm.BatchPoolInfo(pool_id=POOL),
            common_environment_settings=[bm.EnvironmentSetting(name="COMMON", value="c")],
        )
    )
    own = [bm.EnvironmentSetting(name="OWN", value="o")]
    batch.client.create_task("shared", bm.BatchTaskCreateOptions(id="t", command_line="env", environment_settings=own))
    eventually(lambda: batch.client.get_task("shared", "t").state, lambda state: state == "completed")
    text = b"".join(batch.client.download_task_file("shared", "t", "stdout.txt")).decode()
    seen = dict(line.split("=", 1) for line in text.splitlines())
    assert (seen["COMMON"], seen["OWN"], seen["AZ_BATCH_JOB_ID"], seen["AZ_BATCH_POOL_ID"]) == (
        "c",
        "o",
        "shared",
        POOL,
    )
    assert seen["HOME"] == seen["AZ_BATCH_TASK_WORKING_DIR"] and "SECRET_OF_THE_HOST" not in seen


def test_a_failed_command_says_how(batch: Batch) -> None:
    info = batch.run("/bin/sh -c 'exit 3'").execution_info
    assert (info.exit_code, info.result, info.failure_info.code) == (3, "failure", "FailureExitCode")
    info = batch.run("no-such-program --x", "missing").execution_info
    assert (info.exit_code, info.failure_info.code) == (None, "CommandProgramNotFound")


def test_a_failed_command_is_retried_as_often_as_it_may(batch: Batch) -> None:
    info = batch.run("/bin/false", constraints=bm.BatchTaskConstraints(max_task_retry_count=2)).execution_info
    assert (info.retry_count, info.requeue_count) == (2, 0)


def test_an_image_that_cannot_be_pulled_fails_without_an_exit_code(batch: Batch) -> None:
    batch.control("PUT", "config", {"images": ["geocatalog-flows:1"]})
    wrong = bm.BatchTaskContainerSettings(image_name="geocatalog-flows:2")
    info = batch.run("/bin/true", container_settings=wrong).execution_info
    assert (info.exit_code, info.failure_info.code) == (None, "ContainerInvalidImage")
    right = bm.BatchTaskContainerSettings(image_name="geocatalog-flows:1")
    assert batch.run("/bin/true", "right", container_settings=right).execution_info.exit_code == 0


def test_termination_kills_everything_that_the_task_started(batch: Batch) -> None:
    batch.add("/bin/sh -c 'setsid sleep 1000 & sleep 1000'")
    batch.wait(state="running")
    eventually(lambda: len(processes_below(batch.server.account.folder)), lambda count: count == 3)
    batch.client.terminate_task(JOB, "t")
    info = batch.wait().execution_info
    assert (info.result, info.failure_info.code) == ("failure", "TaskEnded")
    assert processes_below(batch.server.account.folder) == []
    with pytest.raises(ResourceExistsError) as again:
        batch.client.terminate_task(JOB, "t")
    assert again.value.error.code == "TaskCompleted"


def test_a_waiting_task_can_be_terminated_and_a_failed_one_reactivated(batch: Batch) -> None:
    batch.control("PUT", "config", {"start_delay": 60})
    batch.add("/bin/true")
    batch.client.terminate_task(JOB, "t")
    assert batch.client.get_task(JOB, "t").execution_info.start_time is None
    batch.control("PUT", "config", {"start_delay": 0})
    batch.client.reactivate_task(JOB, "t")
    assert batch.wait().execution_info.exit_code == 0
    with pytest.raises(ResourceExistsError):
        batch.client.reactivate_task(JOB, "t")


def test_the_wall_clock_limit_ends_a_task(batch: Batch) -> None:
    limit = bm.BatchTaskConstraints(max_wall_clock_time=timedelta(seconds=0.2))
    info = batch.run("/bin/sleep 60", constraints=limit).execution_info
    assert info.failure_info.code == "TaskEnded" and "wall clock" in info.failure_info.message


def test_a_lost_node_requeues_its_task_which_runs_elsewhere_from_the_beginning(batch: Batch, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    batch.add(f"/bin/sh -c 'echo once; test -e {flag} || {{ touch {flag}; sleep 1000; }}'")
    eventually(flag.exists, bool)
    first = batch.client.get_task(JOB, "t").node_info.node_id
    assert lose(batch) == {"lost": first, "tasks": ["t"]}
    task = batch.wait()
    info = task.execution_info
    assert (info.exit_code, info.requeue_count, info.retry_count) == (0, 1, 0)
    assert task.node_info.node_id != first and batch.text() == "once\n"
    assert batch.client.get_node(POOL, first).state == "preempted"
    batch.control("POST", f"pools/{POOL}/nodes/{first}/restore")
    assert batch.client.get_node(POOL, first).state == "idle"


def test_slots_bound_what_runs_at_once(batch: Batch) -> None:
    for number in range(5):
        batch.add("/bin/sleep 1000", f"t{number}")
    eventually(lambda: batch.client.get_job_task_counts(JOB).task_counts.running, lambda count: count == 2)
    assert batch.client.get_job_task_counts(JOB).task_counts.active == 3
    assert {node.state for node in batch.client.list_nodes(POOL)} == {"running"}


def test_identities_are_asked_for_by_client_id(batch: Batch) -> None:
    scope = "https://geocatalog.spatio.azure.com/.default"
    command = f'python -c "{IDENTITY.format("local-node-identity", scope)}"'
    batch.run(command)
    assert batch.text() == "eyJ\n", batch.text("stderr.txt")
    batch.control("PUT", "config", {"identities": {"a": "GeoCatalog Reader", "b": "GeoCatalog Administrator"}})
    batch.run(f'python -c "{IDENTITY.format(None, scope)}"', "unclear")
    assert "Multiple user assigned identities" in batch.text("stderr.txt", "unclear")


def output_file(pattern: str, path: str | None, condition: str = "taskcompletion", **container: Any) -> bm.OutputFile:
    return bm.OutputFile(
        file_pattern=pattern,
        destination=bm.OutputFileDestination(
            container=bm.OutputFileBlobContainerDestination(path=path, identity_reference=NODES, **container)
        ),
        upload_options=bm.OutputFileUploadConfiguration(upload_condition=bm.OutputFileUploadCondition(condition)),
    )


@pytest.fixture
def container(server: EmulatorServer) -> Iterator[ContainerClient]:
    """A container of the local blob service, which the pool's identity may write to."""
    asked = {"container": "staging/batch-outputs", "permissions": "rl", "minutes": 60}
    token = requests.get(f"{server.url}/_emulator/sas", params=asked, timeout=60).json()["token"]
    url = f"{server.url}/planetary-computer/blob/staging/batch-outputs"
    with ContainerClient.from_container_url(f"{url}?{token}") as client:
        yield client


def blobs_of(container: ContainerClient, folder: str) -> dict[str, str]:
    names = [blob.name for blob in container.list_blobs(name_starts_with=folder)]
    return {name: container.download_blob(name).readall().decode() for name in names}


@pytest.mark.parametrize(("code", "when"), [(0, "success"), (3, "failure")])
def test_output_files_are_sent_by_the_identity(batch: Batch, container: ContainerClient, code: int, when: str) -> None:
    url = container.url.partition("?")[0]
    outputs = [
        output_file("../std*.txt", f"{when}/logs", container_url=url),
        output_file("table.csv", f"{when}/renamed.csv", container_url=url),
        output_file("out/**/*.txt", f"{when}/all", container_url=url),
        output_file("table.csv", "success/only.csv", "tasksuccess", container_url=url),
        output_file("table.csv", "failure/only.csv", "taskfailure", container_url=url),
    ]
    script = f"echo said; echo told >&2; echo 1 > table.csv; mkdir -p out/a; echo 2 > out/a/b.txt; exit {code}"
    task = batch.run(f"/bin/sh -c '{script}'", output_files=outputs)
    assert task.execution_info.exit_code == code
    assert blobs_of(container, when) == {
        f"{when}/logs/stdout.txt": "said\n",
        f"{when}/logs/stderr.txt": "told\n",
        f"{when}/renamed.csv": "1\n",
        f"{when}/all/a/b.txt": "2\n",
        f"{when}/only.csv": "1\n",
    }


def test_a_container_that_refuses_output_files_fails_the_task(batch: Batch, container: ContainerClient) -> None:
    url = container.url.partition("?")[0].replace("/batch-outputs", "")
    info = batch.run("/bin/echo x", output_files=[output_file("../stdout.txt", None, container_url=url)]).execution_info
    assert (info.exit_code, info.failure_info.code) == (0, "FileUploadAccessDenied")


def test_resource_files_are_fetched(batch: Batch) -> None:
    url = f"{batch.url}/_emulator/health"
    resource = bm.ResourceFile(http_url=url, file_path="in/health.json")
    batch.run("cat in/health.json", resource_files=[resource])
    assert json.loads(batch.text())["status"] == "ok"
    missing = bm.ResourceFile(http_url=f"{batch.url}/none", file_path="x")
    info = batch.run("/bin/true", "missing", resource_files=[missing]).execution_info
    assert info.failure_info.code == "BlobNotFound"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_leaves_no_process(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-m", "emulator.azure_batch", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stand_in:
        url = re.search(r"http://[\d.:]*\d", stand_in.stdout.readline())[0]
        client = BatchClient(url, AzureNamedKeyCredential("localbatch", WELL_KNOWN_KEY))
        client.create_job(bm.BatchJobCreateOptions(id=JOB, pool_info=bm.BatchPoolInfo(pool_id="local")))
        command_line = "/bin/sh -c 'setsid sleep 1000 & sleep 1000'"
        client.create_task(JOB, bm.BatchTaskCreateOptions(id="t", command_line=command_line))
        eventually(lambda: len(processes_below(tmp_path)), lambda count: count == 3)
        stand_in.send_signal(number)
        stand_in.wait(20)
    assert processes_below(tmp_path) == []
