"""`geocatalog demo-batch`: an ingest and a backfill on four nodes of a local Azure Batch; one node is lost."""

import threading
import time
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from cli.batch_farm import CHILDREN, NODES, BatchFarm
from cli.demo_servers import demo_servers, stop_demo
from cli.run import run_flow
from cli.services import Service
from models.errors import RunFailed
from models.requests import TUTORIAL_BBOX, TUTORIAL_RANGE, BackfillRequest, IngestRequest, OnboardRequest, as_parameters

FOLDER = Path(".demo-batch")
COLLECTION = "iceland-s2"
YEAR = "2023-01-01/2023-12-31"
LATENCY = {"operations": {"min_seconds": 8.0, "max_seconds": 12.0}}
"""Seconds of an operation at the local GeoCatalog: nodes shall have to wait for it, as for the real one."""
RUN_TIMEOUT = 180.0
LOSS_AFTER = 4.0
"""Seconds that a child run is at work before its node is lost: it waits for its Item's operation then, for 8 to 12."""


def run_demo_batch(*, keep: bool = False, stop: bool = False) -> int:
    """Run the demo, or stop what an earlier one left up; return the exit code.

    Args:
        keep: leave everything up.
        stop: only stop.

    Raises:
        RunFailed: no node was lost at work, or an Item is not proven, or was sent twice.
    """
    console = Console(highlight=False)
    stop_demo(console, FOLDER, tell=stop)
    if stop:
        return 0
    console.print(f"[bold]GeoCatalog Flows: an ingest and a backfill on {NODES} nodes of a local Azure Batch[/]")
    more: list[Service] = []
    with demo_servers(console, FOLDER, keep=keep, more=more) as (emulator_url, prefect_url):
        farm = start_farm(console, more)
        requests.put(f"{emulator_url}/_emulator/config", json=LATENCY, timeout=30).raise_for_status()
        run_flow(OnboardRequest(collection_id=COLLECTION), console)
        _ingest(console)
        lost, seconds = _backfill(console, farm)
        _show(console, farm, lost, seconds)
        _require_each_once(console, emulator_url, lost)
    if keep:
        console.print(f"\nStill up: Prefect {prefect_url}/work-pools/work-pool/azure-batch (its runs, with their logs)")
        console.print(f"          Explorer {emulator_url}/collections/{COLLECTION}", soft_wrap=True)
        console.print("Stop them with: .venv/bin/geocatalog demo-batch --stop")
    return 0


def start_farm(console: Console, more: list[Service], folder: Path = FOLDER) -> BatchFarm:
    """Start stand-in and worker, and make work pool and deployments."""
    farm = BatchFarm(folder)
    more.append(farm.stand_in)
    with console.status("Starting the local Azure Batch and a worker, deploying ..."):
        farm.stand_in.wait_until_ready()
        farm.make_work_pool()
        more.append(farm.start_worker())
        farm.deploy()
        more[-1].wait_until_ready()
    console.print(f"  [green]✓[/] Local Azure Batch {farm.url}, worker of the work pool azure-batch")
    return farm


def _ingest(console: Console) -> None:
    from prefect.deployments import run_deployment

    request = IngestRequest(collection_id=COLLECTION, bbox=TUTORIAL_BBOX, datetime_range=TUTORIAL_RANGE)
    with console.status("One run of ingest-items on a node ..."):
        run: Any = run_deployment(CHILDREN, parameters=as_parameters(request), timeout=RUN_TIMEOUT, poll_interval=1)
    if not run.state.is_completed():
        raise RunFailed(f"The run of ingest-items ended as {run.state.name}: {run.state.message}")
    console.print(f"  [green]✓[/] ingest-items on a node: {run.state.message or run.state.name}", soft_wrap=True)


def backfill_request(collection_id: str) -> BackfillRequest:
    """Return a backfill of the twelve months of 2023, whose children go to the work pool."""
    ingest = IngestRequest(collection_id=collection_id, bbox=TUTORIAL_BBOX, datetime_range=YEAR)
    return BackfillRequest(ingest=ingest, every="month", at_once=12, deployment=CHILDREN)


def _backfill(console: Console, farm: BatchFarm) -> tuple[str, float]:
    loss = _Loss(farm, console)
    loss.start()
    started = time.monotonic()
    try:
        run_flow(backfill_request(COLLECTION), console)
    finally:
        loss.stop()
    return loss.node, time.monotonic() - started


class _Loss(threading.Thread):
    """Loses one node when all are at work, and brings it back; `node` is empty until then."""

    def __init__(self, farm: BatchFarm, console: Console) -> None:
        super().__init__(daemon=True)
        self._farm = farm
        self._console = console
        self._ended = threading.Event()
        self.node = ""

    def run(self) -> None:
        while not self.node and not self._ended.wait(0.5):
            node = self._node_at_work()
            if node and not self._ended.wait(LOSS_AFTER):
                self._lose(node)

    def _lose(self, node: str) -> None:
        if self._farm.lose_node(node):  # else its child run has just ended: the next one is awaited
            self.node = node
            self._console.print(f"  [yellow]![/] {node} is lost in the middle of its child run; it comes back in 10 s")
            self._ended.wait(10)
        self._farm.restore_node(node)

    def _node_at_work(self) -> str:
        """Return a node whose child run has begun, while all nodes have one."""
        nodes = {node: tasks[0] for node, tasks in self._farm.nodes().items() if tasks}
        begun = [str(run.id) for run in _children().values() if run.state and run.state.is_running()]
        at_work = [node for node, task_id in nodes.items() if task_id.startswith(tuple(begun))]
        return at_work[0] if begun and at_work and len(nodes) == NODES else ""

    def stop(self) -> None:
        """Lose no node any more."""
        self._ended.set()
        self.join()


def _show(console: Console, farm: BatchFarm, lost: str, seconds: float) -> None:
    table = Table(caption=f"12 child runs on {NODES} nodes in {seconds:.0f} s; {lost or 'no node'} was lost")
    for name in ("child run", "state", "node", "begun", "seconds"):
        table.add_column(name)
    for month, run in sorted(_children().items()):
        task_id = (run.infrastructure_pid or "").rpartition(":")[2]
        begun = "twice" if run.run_count > 1 else "once"
        state = run.state.name if run.state else ""
        table.add_row(month, state, farm.node_of(task_id), begun, f"{run.total_run_time.total_seconds():.0f}")
    console.print(table)


def _children() -> dict[str, Any]:
    """Return the newest flow run of each month. Prefect is imported late: by then, it is told where its server is."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    chosen = DeploymentFilter(name=DeploymentFilterName(any_=[CHILDREN.partition("/")[2]]))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(deployment_filter=chosen, sort=FlowRunSort.EXPECTED_START_TIME_ASC)
    windows = {run.id: str((run.parameters or {})["request"].get("datetime_range", "")) for run in runs}
    return {windows[run.id][:7]: run for run in runs if windows[run.id].startswith("2023")}


def _require_each_once(console: Console, emulator_url: str, lost: str) -> None:
    from tasks.connect import geocatalog
    from tasks.ledger import ledger

    proven = ledger().count_by_state(COLLECTION).get("proven", 0)
    sent = requests.get(f"{emulator_url}/_emulator/requests", timeout=30).json()["submitted_items"]
    require_demonstrated(lost, sent, len(geocatalog().stac.all_ids(COLLECTION)), proven)
    console.print(f"[bold green]{proven} Items are in the catalog; each was sent once and is proven.[/]")


def require_demonstrated(lost: str, sent: dict[str, int], there: int, proven: int) -> None:
    """Require what the demo promises.

    Args:
        lost: node that was lost at work; empty: none was.
        sent: how often each Item was sent.
        there: Items in the catalog.
        proven: Items that the ledger has as proven.

    Raises:
        RunFailed: it did not happen.
    """
    twice = [name for name, times in sent.items() if times > 1]
    if twice or not sent or not proven == there == len(sent):
        raise RunFailed(f"{len(sent)} Items sent, {len(twice)} of them twice; {there} in the catalog, {proven} proven.")
    if not lost:
        raise RunFailed(
            f"{proven} Items are proven, but no node was lost at work, so that nothing is shown: run the demo again."
        )
