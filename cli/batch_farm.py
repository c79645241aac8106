"""A local Azure Batch with a Prefect work pool, a worker and deployments: the ground of `demo-batch`."""

import os
import sys
from pathlib import Path
from typing import Any

import requests

from cli.deployments import prefect
from cli.local_servers import url_of
from cli.services import Service, answers, free_port

WORK_POOL = "azure-batch"
BATCH_PORT = 8095
NODES = 4
IDENTITY = "local-node-identity"
"""Client id of the identity that the stand-in's pool has by default."""
CHILDREN = "ingest-items/azure-batch"
"""Deployment whose runs go to the work pool."""


class BatchFarm:
    """The stand-in and the worker.

    Args:
        folder: of logs and of the nodes' disks.
        nodes: of the pool, each with one slot.
    """

    def __init__(self, folder: Path, nodes: int = NODES) -> None:
        self.folder = folder
        self.url = url_of(free_port(BATCH_PORT))
        self._nodes = nodes
        self.stand_in = self._start_stand_in()

    def _start_stand_in(self) -> Service:
        port = int(self.url.rpartition(":")[2])
        options = ["--port", str(port), "--nodes", str(self._nodes)]
        command = [sys.executable, "-m", "emulator.azure_batch", *options, "--data-dir", str(self.folder / "batch")]
        return Service("azure-batch", command, answers(f"{self.url}/_emulator/health"), self.folder, {}, port=port)

    def make_work_pool(self) -> None:
        """Create the work pool as one would in the UI, with defaults for the local Batch account."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.actions import WorkPoolCreate

        from deployments.azure_batch.worker import AzureBatchWorker

        template = AzureBatchWorker.get_default_base_job_template()
        for name, value in self._defaults().items():
            template["variables"]["properties"][name]["default"] = value
        with get_client(sync_client=True) as client:
            pool = WorkPoolCreate(name=WORK_POOL, type=AzureBatchWorker.type, base_job_template=template)
            client.create_work_pool(pool, overwrite=True)

    def _defaults(self) -> dict[str, Any]:
        return {
            "batch_account_url": self.url,
            "pool_id": "local",
            "identity_client_id": IDENTITY,
            "poll_interval": 1.0,
            "env": {"GEOCATALOG_LEDGER_URL": os.environ["GEOCATALOG_LEDGER_URL"]},
        }

    def deploy(self) -> None:
        """Make the deployments whose runs go to the work pool."""
        os.environ["GEOCATALOG_FLOWS_DIR"] = str(Path.cwd())  # on real nodes, where the image has the project
        prefect("deploy", "--all", "--prefect-file", "deployments/azure_batch/prefect.yaml")

    def start_worker(self) -> Service:
        """Start the worker."""
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--name", "local-batch"]
        return Service("worker", command, _has_worker, self.folder, {"PREFECT_WORKER_QUERY_SECONDS": "2"})

    def nodes(self) -> dict[str, list[str]]:
        """Return the nodes that are up, each with the Batch tasks that run on it."""
        nodes: dict[str, list[str]] = self._pool()["nodes"]
        return nodes

    def node_of(self, task_id: str) -> str:
        """Return the node that ran a Batch task last."""
        return str(self._pool()["tasks"].get(task_id, ""))

    def _pool(self) -> Any:
        return requests.get(f"{self.url}/_emulator/pools/local", timeout=10).json()

    def lose_node(self, node_id: str) -> list[str]:
        """Let a node fail with what runs on it; return the Batch tasks that are lost so."""
        answer = requests.post(f"{self.url}/_emulator/pools/local/nodes/{node_id}/lose", timeout=30)
        answer.raise_for_status()
        lost: list[str] = answer.json()["tasks"]
        return lost

    def restore_node(self, node_id: str) -> None:
        """Bring a lost node back."""
        requests.post(f"{self.url}/_emulator/pools/local/nodes/{node_id}/restore", timeout=30).raise_for_status()


def _has_worker() -> bool:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        workers = client.read_workers_for_work_pool(WORK_POOL)
    return any(worker.status == "ONLINE" for worker in workers)
