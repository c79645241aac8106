"""A Prefect server, the Batch stand-in and a worker process, as a test uses them."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, State
from prefect.settings import get_current_settings
from prefect.states import Cancelling, Scheduled

from deployments.azure_batch.worker import AzureBatchWorker
from emulator.azure_batch.server import BatchServer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
POOL = "azure-batch-test"


class Farm:
    """Everything, and what a user would do with it."""

    def __init__(self, server: BatchServer, identity_url: str, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.journal = folder / "journal"
        self.journal.touch()
        self.worker: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "GEOCATALOG_"))},
            **get_current_settings().to_environment_variables(exclude_unset=True),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "GEOCATALOG_URL": identity_url,
            "GEOCATALOG_CREDENTIAL": "managed-identity",
            "IDENTITY_ENDPOINT": f"{identity_url}/identity/token",
            "IDENTITY_HEADER": "local",
        }
        self.deployment: UUID = self.ask(self._prepare)

    def ask(self, question: Callable[[PrefectClient], Awaitable[Any]]) -> Any:
        async def asked() -> Any:
            async with get_client() as client:
                return await question(client)

        return asyncio.run(asked())

    async def _prepare(self, client: PrefectClient) -> UUID:
        template = AzureBatchWorker.get_default_base_job_template()
        fields = template["variables"]["properties"]
        for name, value in {
            "batch_account_url": self.server.url,
            "pool_id": "pool",
            "identity_client_id": "local-node-identity",
            "poll_interval": 0.5,
        }.items():
            fields[name]["default"] = value
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type="azure-batch", base_job_template=template), overwrite=True
        )
        flow_id = await client.create_flow_from_name("small")
        return await client.create_deployment(
            flow_id,
            name="small",
            work_pool_name=POOL,
            entrypoint=f"{HERE.relative_to(ROOT)}/small_flow.py:small",
            pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}],
        )

    def start_worker(self, name: str = "w") -> None:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "azure-batch"]
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [*command, "--name", name], env=self.environment, stdout=log, stderr=log, cwd=self.folder
            )

    def stop_worker(self, seconds: float = 300) -> None:
        """Stop it kindly; fail if it does not end: it takes seconds, more on a busy machine."""
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(seconds)
        self.worker = None

    def quick(self, seconds: float = 0.0, code: int = 0, state: State[Any] | None = None, **variables: Any) -> UUID:
        """Start a flow run that is no flow."""
        command = f"python {HERE / 'quick_run.py'} {seconds} {code} {self.journal}"
        return self.start({}, state, command=command, **variables)

    def start(self, parameters: dict[str, Any], state: State[Any] | None = None, **variables: Any) -> UUID:
        """Start a flow run with job variables of its own."""

        async def create(client: PrefectClient) -> UUID:
            run = await client.create_flow_run_from_deployment(
                self.deployment, parameters=parameters, job_variables=variables, state=state or Scheduled()
            )
            return run.id

        return self.ask(create)

    def run(self, run_id: UUID) -> FlowRun:
        return self.ask(lambda client: client.read_flow_run(run_id))

    def cancel(self, run_id: UUID) -> None:
        self.ask(lambda client: client.set_flow_run_state(run_id, Cancelling()))

    def wait(self, run_id: UUID, seconds: float = 300) -> FlowRun:
        """Wait until a flow run has ended."""
        return self.until(lambda: self.run(run_id), lambda run: bool(run.state and run.state.is_final()), seconds)

    def until(self, look: Callable[[], Any], test: Callable[[Any], bool], seconds: float = 300) -> Any:
        deadline = time.monotonic() + seconds
        while not test(seen := look()):
            assert time.monotonic() < deadline, f"still {seen}\n{self.log()}"
            time.sleep(0.2)
        return seen

    def task_state(self, run_id: UUID) -> str:
        """State of the newest Batch task of a flow run."""
        with self.server.account.lock:
            tasks = [task for job in self.server.account.jobs.values() for task in job.tasks.values()]
            states = [task.state for task in tasks if task.id.startswith(str(run_id))]
        return states[-1] if states else "none"

    def until_task(self, run_id: UUID, state: str) -> None:
        self.until(lambda: self.task_state(run_id), lambda seen: seen == state)

    def node_of(self, run_id: UUID) -> str:
        """Node that runs a flow run."""
        with self.server.account.lock:
            nodes = self.server.account.pool("pool").nodes.values()
            return next(n.id for n in nodes if any(e.task.id.startswith(str(run_id)) for e in n.executions))

    def lose_node_of(self, run_id: UUID) -> None:
        with self.server.account.lock:
            node = self.server.account.node("pool", self.node_of(run_id))
            self.server.account.lose(node)
            node.enter("idle")

    def logs(self, run_id: UUID) -> list[str]:
        filter_ = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
        logs = self.ask(lambda client: client.read_logs(filter_, limit=200))
        return [log.message for log in logs]

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()[-3000:]
