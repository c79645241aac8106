"""provision.sh and main.bicep name the same things; neither has been tried on Azure, which this does not replace."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from settings import BatchSettings

PLACE = Path(__file__).parents[3] / "deployments" / "azure_batch"
BICEP = (PLACE / "main.bicep").read_text()
PARAMETERS = dict(re.findall(r"^param (\w+) \w+(.*)$", BICEP, re.MULTILINE))
OUTPUTS = set(re.findall(r"^output (\w+) string = ", BICEP, re.MULTILINE))
AZ = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *"properties.outputs."*) echo "$*" | sed 's/.*properties.outputs.\\([A-Za-z]*\\).value.*/the-\\1/' ;;
  "acr show"*"--query id"*) echo the-registry ;;
  "batch account show"*) echo the-account ;;
  "ad signed-in-user show"*) echo me ;;
esac
"""


@pytest.fixture
def provision(tmp_path):
    """Run the script with a command `az` that writes down how it was called; return what was said, and the calls."""
    az, calls = tmp_path / "az", tmp_path / "calls"
    az.write_text(AZ)
    az.chmod(0o755)

    def run(**variables: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls), **variables}
        command = ["sh", str(PLACE / "provision.sh")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return done, calls.read_text().splitlines() if calls.exists() else []

    return run


NEEDED = {"GROUP": "g", "ACCOUNT": "mybatch", "REGISTRY": "r", "GEOCATALOG": "/geo"}


def test_the_script_gives_the_parameters_that_the_file_has(provision):
    done, calls = provision(**NEEDED)
    assert done.returncode == 0, done.stderr
    (create,) = (call for call in calls if call.startswith("deployment group create"))
    given = dict(pair.split("=", 1) for pair in create.partition("--parameters ")[2].split())
    without_default = {name for name, rest in PARAMETERS.items() if "=" not in rest}
    assert without_default <= set(given) <= set(PARAMETERS)
    assert given["image"] == "r.azurecr.io/geocatalog-flows:1"


def test_the_script_reads_the_outputs_that_the_file_has(provision):
    _, calls = provision(**NEEDED)
    assert set(re.findall(r"properties\.outputs\.(\w+)\.value", "\n".join(calls))) == OUTPUTS


def test_what_it_prints_are_settings_with_the_values_of_the_deployment(provision):
    printed = provision(**NEEDED)[0].stdout
    values = dict(line.split("=", 1) for line in printed.splitlines() if line.startswith("GEOCATALOG_"))
    known = {f"{BatchSettings.model_config['env_prefix']}{name}".upper() for name in BatchSettings.model_fields}
    assert set(values) <= known
    assert values["GEOCATALOG_BATCH_URL"] == "the-batchAccountUrl"
    assert values["GEOCATALOG_BATCH_IDENTITY"] == "the-identityClientId"
    assert "the-identityResourceId" in printed


def test_roles_are_given_to_the_nodes_and_to_whoever_runs_the_worker(provision):
    _, calls = provision(**NEEDED, VAULT="/vault")
    grants = {
        re.search(r"--role (.*) --scope", call)[1]: (
            re.search(r"--scope (\S+)", call)[1],
            re.search(r"--assignee-object-id (\S+)", call)[1],
        )
        for call in calls
        if call.startswith("role assignment create")
    }
    assert grants == {
        "GeoCatalog Administrator": ("/geo", "the-identityPrincipalId"),
        "AcrPull": ("the-registry", "the-identityPrincipalId"),
        "Key Vault Secrets User": ("/vault", "the-identityPrincipalId"),
        "Azure Batch Data Contributor": ("the-account", "me"),
    }


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_what_is_missing_is_named_before_azure_is_asked(provision, missing):
    done, calls = provision(**{name: value for name, value in NEEDED.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr
    assert calls == []


def test_nothing_that_the_file_declares_is_unused():
    """Of what a compiler would say: a parameter, variable or resource that nothing refers to."""
    code = re.sub(r"//.*", "", BICEP)
    declared = re.findall(r"^(?:param|var|resource) (\w+)", code, re.MULTILINE)
    uses = {name: len(re.findall(rf"\b{name}\b", code)) - code.count(f"  {name}: ") for name in declared}
    assert [name for name, count in uses.items() if count < 2] == []
