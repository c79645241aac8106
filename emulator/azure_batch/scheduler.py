"""Gives waiting tasks to free slots, and takes note of how they end."""

import threading
import time
from collections.abc import Iterator

from emulator.azure_batch.account import Account
from emulator.azure_batch.execution import Ending, Execution, node_environment
from emulator.azure_batch.records import PREPARING, RUNNING, Job, Node, Task

TICK = 0.05
"""Seconds between two looks, if nothing happens: tasks with a start delay become due by themselves."""
STOP_SECONDS = 15.0
"""Seconds until all killed processes must have been collected."""


class Scheduler(threading.Thread):
    """The nodes of an account at work.

    Args:
        url: of the stand-in, as its nodes reach it.
    """

    def __init__(self, account: Account, url: str) -> None:
        super().__init__(name="batch-scheduler", daemon=True)
        self._account = account
        self._url = url
        self._stopping = False

    def run(self) -> None:
        """Schedule until `stop`."""
        with self._account.lock:
            while not self._stopping:
                self._assign()
                self._account.lock.wait(TICK)

    def stop(self) -> None:
        """Kill all that runs; return when it is gone."""
        with self._account.lock:
            self._stopping = True
            running = [
                run for pool in self._account.pools.values() for node in pool.nodes.values() for run in node.executions
            ]
            self._account.lock.notify_all()
        for execution in running:
            execution.stop("terminated")
        for execution in running:
            execution.join(STOP_SECONDS)

    def _assign(self) -> None:
        for pool in self._account.pools.values():
            free = [node for node in pool.nodes.values() if node.free_slots > 0]
            if not free:
                continue
            for task in self._waiting(pool.id):
                node = max(free, key=lambda node: node.free_slots)
                if node.free_slots <= 0:
                    break
                if node.free_slots >= task.slots:
                    self._start(task, node)

    def _waiting(self, pool_id: str) -> Iterator[Task]:
        jobs = [job for job in self._account.jobs.values() if job.pool_id == pool_id]
        for job in sorted(jobs, key=_priority):
            yield from filter(self._account.is_waiting, list(job.waiting.values()))

    def _start(self, task: Task, node: Node) -> None:
        task.folder = self._account.folder / "nodes" / node.pool.id / node.id / "tasks" / task.job.id / task.id
        config = self._account.config
        environment = node_environment(task, node, config.account, self._url, self._account.folder)
        execution = Execution(task, node, config, environment, self._on_running, self._on_end)
        task.node, task.execution, task.files_lost = node, execution, False
        node.executions.add(execution)
        node.enter("running")
        node.tasks_run += 1
        task.enter(PREPARING)
        execution.start()

    def _on_running(self, execution: Execution) -> None:
        with self._account.lock:
            execution.task.started = time.time()
            execution.task.enter(RUNNING)

    def _on_end(self, execution: Execution, ending: Ending) -> None:
        task, node = execution.task, execution.node
        with self._account.lock:
            node.executions.discard(execution)
            task.execution = None
            if not node.executions and node.is_up:
                node.enter("idle")
            self._settle(task, ending)
            node.tasks_succeeded += task.has_succeeded
            self._account.lock.notify_all()

    def _settle(self, task: Task, ending: Ending) -> None:
        allowed = int(task.constraints.get("maxTaskRetryCount") or 0)
        failed_by_itself = (ending.failure or {}).get("code") == "FailureExitCode"
        if ending.lost:
            self._account.requeue(task)
        elif failed_by_itself and (task.retries < allowed or allowed == -1):
            task.retries += 1
            task.retried = time.time()
            task.enter("active")
        else:
            self._account.complete(task, ending.exit_code, ending.failure)


def _priority(job: Job) -> tuple[int, float]:
    return -int(job.body.get("priority") or 0), job.created
