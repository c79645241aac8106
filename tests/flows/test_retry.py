"""Retry of a failed flow run of a deployment, as the Prefect UI asks for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL
from prefect.states import AwaitingRetry

from models.requests import as_parameters
from tests.flows.test_ingest_items import many

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.long


def prefect(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run Prefect's command line with a home of its own: no results of earlier executions are there."""
    return subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value(), "PREFECT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_retry_submits_exactly_the_failed_items(emulator, collection, tmp_path):
    with get_client(sync_client=True) as client:
        assert prefect("work-pool", "create", "geocatalog", "--type", "process", home=tmp_path).returncode in (0, 1)
        deployed = prefect("deploy", "--name", "ingest-items", home=tmp_path)
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        deployment = client.read_deployment_by_name("ingest-items/ingest-items")
        request = many(collection, datetime_range="2024-01-01T00:00:00Z/2024-01-01T00:19:30Z")
        run = client.create_flow_run_from_deployment(deployment.id, parameters=as_parameters(request))
        failing = ["scene-00003", "scene-00007", "scene-00011"]
        for item_id in failing:
            emulator.fault(item=item_id, code="IngestionResourceTimeout", times=None)

        prefect("flow-run", "execute", str(run.id), home=tmp_path / "first")
        failed = client.read_flow_run(run.id).state
        assert failed.is_failed()
        assert "3 of 20 Items failed" in failed.message
        assert len(emulator.submitted()) == 20

        emulator.control("DELETE", "faults")
        emulator.forget_requests()
        client.set_flow_run_state(run.id, AwaitingRetry())
        prefect("flow-run", "execute", str(run.id), home=tmp_path / "second")
        retried = client.read_flow_run(run.id)
        assert retried.state.is_completed(), retried.state.message
        assert emulator.submitted() == dict.fromkeys(failing, 1)
