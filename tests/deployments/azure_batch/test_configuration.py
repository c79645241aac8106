"""The form, and the Batch task that follows from it: no server is asked."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from pydantic import ValidationError

from clients.azure_batch.ids import batch_id
from deployments.azure_batch.configuration import AzureBatchConfiguration, task_of
from deployments.azure_batch.environment import node_environment
from deployments.azure_batch.form import AzureBatchVariables
from models.errors import InvalidRequest

URL = "https://account.westeurope.batch.azure.com"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"


def prepared(**values: Any) -> AzureBatchConfiguration:
    configuration = AzureBatchConfiguration(batch_account_url=URL, pool_id="nodes", **values)
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="merry-cat")
    configuration.prepare_for_flow_run(run, work_pool=SimpleNamespace(name="azure pool", id=uuid4()), worker_name="w")
    return configuration


def environment_of(configuration: AzureBatchConfiguration) -> dict[str, str]:
    settings = task_of(configuration, "t").environment_settings or []
    return {setting.name: setting.value for setting in settings}


def test_every_field_of_the_form_has_a_title_and_says_what_it_means() -> None:
    properties = AzureBatchVariables.model_json_schema()["properties"]
    for name, field in properties.items():
        assert field.get("title") and len(field.get("description", "")) > 10, name
    assert list(properties)[:2] == ["batch_account_url", "pool_id"]


def test_a_plain_run_becomes_a_task_with_the_identity() -> None:
    task = task_of(prepared(identity_client_id="1234"), "run-0").as_dict()
    assert (task["id"], task["commandLine"], task["displayName"]) == ("run-0", "prefect flow-run execute", "merry-cat")
    limits = {"maxWallClockTime": "PT12H00M00S", "retentionTime": "P1D", "maxTaskRetryCount": 0}
    assert task["constraints"] == limits
    assert task["userIdentity"]["autoUser"] == {"scope": "task", "elevationLevel": "nonadmin"}
    assert "containerSettings" not in task
    environment = {setting["name"]: setting["value"] for setting in task["environmentSettings"]}
    assert environment["AZURE_CLIENT_ID"] == environment["GEOCATALOG_CLIENT_ID"] == "1234"
    assert environment["GEOCATALOG_CREDENTIAL"] == "managed-identity" and environment["PREFECT__FLOW_RUN_ID"]


def test_image_registry_and_files_are_reached_by_the_identity() -> None:
    configuration = prepared(
        image="r.azurecr.io/flows:1",
        container_run_options="--shm-size=1g",
        registry_server="r.azurecr.io",
        identity_resource_id=IDENTITY,
        resource_files=[{"http_url": "https://a.blob.core.windows.net/c/x.json", "file_path": "x.json"}],
        output_files=[
            {"container_url": "https://a.blob.core.windows.net/out", "path": "runs"},
            {"container_url": "https://a.blob.core.windows.net/out", "pattern": "out/table.csv"},
        ],
        elevation="admin",
        required_slots=2,
    )
    task = task_of(configuration, "t").as_dict()
    reference = {"resourceId": IDENTITY}
    assert task["containerSettings"]["registry"] == {"registryServer": "r.azurecr.io", "identityReference": reference}
    assert task["resourceFiles"][0]["identityReference"] == reference
    assert task["outputFiles"][0]["destination"]["container"]["identityReference"] == reference
    paths = [output["destination"]["container"]["path"] for output in task["outputFiles"]]
    assert paths == ["runs/t", "t/table.csv"], (
        "a folder for each run; Batch takes it for a blob if there is no wildcard"
    )
    assert task["outputFiles"][0]["uploadOptions"] == {"uploadCondition": "taskcompletion"}
    assert (task["requiredSlots"], task["userIdentity"]["autoUser"]["elevationLevel"]) == (2, "admin")


def test_files_without_an_identity_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="set 'Identity, resource id'"):
        prepared(resource_files=[{"http_url": "https://a/x", "file_path": "x"}])


def test_a_sas_token_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValidationError, match="leave out what follows") as refused:
        prepared(resource_files=[{"http_url": "https://a/c/x?sv=1&sig=SECRET", "file_path": "x"}])
    assert "SECRET" not in str(refused.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PREFECT_API_KEY", "pnu_1"),
        ("GEOCATALOG_STAGING_SAS", "sp=r&sig=x"),
        ("GEOCATALOG_LEDGER_URL", "postgresql+psycopg://user:secret@host/db"),
    ],
)
def test_a_secret_in_the_environment_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=f"sets {name} in its environment.*Key Vault") as refused:
        prepared(env={name: value})
    assert value not in str(refused.value)


SERVERS = {
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://prefect:planted@db/prefect",
    "PREFECT_SERVER_DATABASE_PASSWORD": "planted",
    "PREFECT_API_DATABASE_CONNECTION_URL": "postgresql+asyncpg://prefect:planted@db/prefect",
    "PREFECT_API_DATABASE_PASSWORD": "planted",
    "PREFECT_SERVER_API_AUTH_STRING": "admin:planted",
    "PREFECT_SERVER_ENCRYPTION_KEY": "planted",
}
"""What a worker may have that was started beside Prefect's server."""


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_prefects_servers_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"sets {name} in its environment.*Leave it out") as refused:
        prepared(env={name: SERVERS[name]})
    assert "planted" not in str(refused.value)


def test_secrets_of_prefects_server_do_not_reach_the_node() -> None:
    read = "from prefect.settings import get_current_settings as s; import json; print(json.dumps(s()"
    command = [sys.executable, "-c", f"{read}.to_environment_variables(exclude_unset=True)))"]
    environment = {**os.environ, **SERVERS, "PREFECT_API_AUTH_STRING": "me:planted"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    by_prefect = json.loads(done.stdout)
    assert by_prefect["PREFECT_SERVER_DATABASE_PASSWORD"] == "planted", "else this test shows nothing"
    passed = node_environment({**SERVERS, **by_prefect, "PREFECT_LOGGING_LEVEL": "DEBUG"}, "", {})
    assert "planted" not in str(passed)
    assert passed["PREFECT_LOGGING_LEVEL"] == "DEBUG"


def test_a_ledger_without_a_password_may_be_named() -> None:
    url = "postgresql+psycopg://nodes@host/ledger"
    assert environment_of(prepared(env={"GEOCATALOG_LEDGER_URL": url}))["GEOCATALOG_LEDGER_URL"] == url


def test_settings_reach_the_node_but_neither_secrets_nor_what_is_this_machines() -> None:
    ours = {
        "GEOCATALOG_URL": "https://mine",
        "GEOCATALOG_CREDENTIAL": "azure-cli",
        "GEOCATALOG_STAGING_SAS": "sig=x",
        "GEOCATALOG_LEDGER_URL": "postgresql://u:p@h/d",
        "HOME": "/root",
    }
    prepared_by_prefect = {"PREFECT_API_URL": "https://prefect", "PREFECT_API_KEY": "pnu_1", "PREFECT_HOME": "/root"}
    passed = node_environment(prepared_by_prefect, "", ours)
    assert passed["GEOCATALOG_URL"] == "https://mine" and passed["GEOCATALOG_CREDENTIAL"] == "managed-identity"
    assert passed["PREFECT_API_URL"] == "https://prefect"
    assert not {"PREFECT_API_KEY", "PREFECT_HOME", "GEOCATALOG_STAGING_SAS", "GEOCATALOG_LEDGER_URL", "HOME"} & set(
        passed
    )


def test_where_a_secret_is_kept_may_be_told() -> None:
    place = "key-vault:https://v.vault.azure.net/secrets/sas"
    environment = environment_of(prepared(env={"GEOCATALOG_STAGING_SAS": place}))
    assert environment["GEOCATALOG_STAGING_SAS"] == place
    assert node_environment({}, "", {"GEOCATALOG_LEDGER_URL": place})["GEOCATALOG_LEDGER_URL"] == place


def test_prefects_key_is_read_on_the_node() -> None:
    place = "key-vault:https://v.vault.azure.net/secrets/prefect"
    task = task_of(prepared(env={"PREFECT_API_KEY": place}), "t")
    assert task.command_line == "python -m deployments.azure_batch.node prefect flow-run execute"
    assert prepared().command == "prefect flow-run execute"


def test_the_node_runs_the_command_with_the_key() -> None:
    show = "import os; print(os.environ['PREFECT_API_KEY'])"
    environment = {**os.environ, "PREFECT_API_KEY": "env:KEPT", "KEPT": "pnu_1"}
    command = [sys.executable, "-m", "deployments.azure_batch.node", sys.executable, "-c"]
    done = subprocess.run([*command, show], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "pnu_1\n"
    del environment["KEPT"]
    done = subprocess.run([*command, show], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "PREFECT_API_KEY cannot be read from env:KEPT" in done.stderr


def test_the_work_pool_has_the_last_word() -> None:
    environment = environment_of(prepared(env={"GEOCATALOG_CREDENTIAL": "workload-identity"}))
    assert environment["GEOCATALOG_CREDENTIAL"] == "workload-identity"


def test_a_job_of_its_own_for_each_work_pool_and_pool() -> None:
    assert prepared().job_id == batch_id("azure pool-nodes")
    assert prepared(job_id="mine").job_id == "mine"


def test_ids_are_such_as_batch_takes_and_stay_apart() -> None:
    assert batch_id("a-1_B") == "a-1_B"
    assert batch_id("a b") != batch_id("a.b") != batch_id("a-b")
    assert len(batch_id("x" * 100)) == 64 and batch_id("x" * 100) != batch_id("x" * 101)
