"""The account: what its pools, jobs and tasks may do. Whoever calls a method holds `lock`."""

import shutil
import threading
import time
from pathlib import Path

from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.errors import BatchError, exists, invalid_value, not_found
from emulator.azure_batch.execution import failure_info
from emulator.azure_batch.records import ACTIVE, COMPLETED, Job, Node, Pool, Task, checked_id
from emulator.json_types import JsonDict

TERMINATES = "terminatejob"


class Account:
    """Pools and jobs of one account.

    Attributes:
        lock: notified when there may be something to schedule.
        folder: below it, the nodes' disks.
        busy_until: until then (`time.monotonic`), every request is answered with 503.
    """

    def __init__(self, folder: Path, config: BatchConfig) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.folder = folder
        self.config = config
        self.pools: dict[str, Pool] = {}
        self.jobs: dict[str, Job] = {}
        self.busy_until = 0.0
        self.requests: dict[str, int] = {}

    def pool(self, pool_id: str) -> Pool:
        """Return a pool.

        Raises:
            BatchError: 404.
        """
        if pool_id not in self.pools:
            raise not_found("Pool")
        return self.pools[pool_id]

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            BatchError: 404.
        """
        if job_id not in self.jobs:
            raise not_found("Job")
        return self.jobs[job_id]

    def task(self, job_id: str, task_id: str) -> Task:
        """Return a task.

        Raises:
            BatchError: 404.
        """
        job = self.job(job_id)
        if task_id not in job.tasks:
            raise not_found("Task")
        return job.tasks[task_id]

    def node(self, pool_id: str, node_id: str) -> Node:
        """Return a node.

        Raises:
            BatchError: 404.
        """
        pool = self.pool(pool_id)
        if node_id not in pool.nodes:
            raise not_found("Node")
        return pool.nodes[node_id]

    def create_pool(self, body: JsonDict) -> Pool:
        """Create a pool with its dedicated nodes, which are up at once.

        Raises:
            BatchError: 409, or 400.
        """
        if checked_id(body) in self.pools:
            raise exists("Pool")
        pool = self.pools[body["id"]] = Pool(body)
        self.resize(pool, int(body.get("targetDedicatedNodes") or 0))
        return pool

    def resize(self, pool: Pool, nodes: int) -> None:
        """Add nodes, or take the newest away; their tasks are requeued."""
        pool.body["targetDedicatedNodes"] = nodes
        while len(pool.nodes) > nodes:
            self.remove_node(next(reversed(pool.nodes.values())))
        while len(pool.nodes) < nodes:
            pool.nodes_made += 1
            node = Node({"id": f"node-{pool.nodes_made}"}, pool=pool)
            pool.nodes[node.id] = node
        pool.touch()
        self.lock.notify_all()

    def remove_node(self, node: Node) -> None:
        """Take a node out of its pool; its tasks are requeued."""
        del node.pool.nodes[node.id]
        self.lose(node, "leavingpool")

    def lose(self, node: Node, state: str = "preempted") -> None:
        """Let a node fail with all that runs on it, and with its disk; its tasks are requeued."""
        node.enter(state)
        for job in self.jobs.values():
            for task in job.tasks.values():
                task.files_lost = task.files_lost or task.node is node
        for execution in list(node.executions):
            execution.stop("lost")

    def create_job(self, body: JsonDict) -> Job:
        """Create a job; its pool need not exist, as in the service.

        Raises:
            BatchError: 409, or 400.
        """
        if checked_id(body) in self.jobs:
            raise exists("Job")
        if not (body.get("poolInfo") or {}).get("poolId"):
            raise invalid_value("poolInfo", "This stand-in knows pools by poolId only")
        if sum(job.state == ACTIVE for job in self.jobs.values()) >= self.config.max_jobs:
            message = "The active job and job schedule quota for the account has been reached."
            raise BatchError(409, "ActiveJobAndScheduleQuotaReached", message)
        job = self.jobs[body["id"]] = Job(body)
        return job

    def change_job(self, job: Job, changes: JsonDict) -> None:
        """Change members of a job, as PATCH does."""
        _require_active(job)
        job.body.update(changes)
        job.touch()
        self.end_if_done(job)

    def end_if_done(self, job: Job) -> None:
        """Complete a job that ends when all its tasks have."""
        if job.state == ACTIVE and job.body.get("onAllTasksComplete") == TERMINATES and not any(job.open_tasks()):
            self.complete_job(job, "AllTasksCompleted")

    def complete_job(self, job: Job, reason: str) -> None:
        """End a job, and the tasks that have not ended."""
        job.enter(COMPLETED)
        job.ended, job.end_reason = time.time(), reason
        for task in list(job.open_tasks()):
            self.terminate(task)

    def delete_job(self, job: Job) -> None:
        """Delete a job with its tasks and their files."""
        self.complete_job(job, "UserTerminate")
        del self.jobs[job.id]
        for task in job.tasks.values():
            if task.execution is None:
                shutil.rmtree(task.folder, ignore_errors=True)

    def disable_job(self, job: Job, tasks: str) -> None:
        """Let no task start; running ones are requeued, terminated or waited for, as `tasks` says."""
        _require_active(job)
        job.enter("disabled")
        for task in list(job.open_tasks()) if tasks != "wait" else ():
            if task.execution is not None and tasks == "requeue":
                task.execution.stop("lost")
            elif task.execution is not None:
                self.terminate(task)

    def enable_job(self, job: Job) -> None:
        """Let tasks start again.

        Raises:
            BatchError: 409, it is not disabled.
        """
        if job.state != "disabled":
            raise BatchError(409, "JobNotDisabled", "The specified job is not disabled.")
        job.enter(ACTIVE)
        self.lock.notify_all()

    def late(self, job: Job, counts: JsonDict) -> JsonDict:
        """Return the counts that were true `count_lag` requests ago, or the first that there were."""
        job.counted = [*job.counted, counts][-1 - self.config.count_lag :]
        return job.counted[0]

    def add_task(self, job: Job, body: JsonDict) -> Task:
        """Add a task to a job.

        Raises:
            BatchError: 409: it exists, or the job has ended; or 400.
        """
        _require_active(job)
        if checked_id(body) in job.tasks:
            raise exists("Task")
        if not isinstance(body.get("commandLine"), str):
            raise invalid_value("commandLine", "The property is required")
        task = Task(body, job=job, folder=self.folder / "tasks" / job.id / body["id"])
        job.tasks[task.id] = task
        self.lock.notify_all()
        return task

    def terminate(self, task: Task) -> None:
        """End a task, whether it runs or not.

        Raises:
            BatchError: 409, it has completed.
        """
        if task.state == COMPLETED:
            raise BatchError(409, "TaskCompleted", "The specified task is already in a completed state.")
        if task.execution is not None:
            task.execution.stop("terminated")
        else:
            self.complete(task, None, failure_info("TaskEnded", "Task Was Ended by User Request"))

    def reactivate(self, task: Task) -> None:
        """Let a failed task run again.

        Raises:
            BatchError: 409, it has not completed, or has succeeded, or its job has ended.
        """
        _require_active(task.job)
        if task.state != COMPLETED:
            raise BatchError(409, "TaskNotCompleted", "The specified task is not completed.")
        if task.has_succeeded:
            raise BatchError(409, "TaskSucceeded", "The specified task completed successfully: it is not run again.")
        task.exit_code = task.failure = task.started = task.ended = None
        task.retries = 0
        task.enter(ACTIVE)
        self.lock.notify_all()

    def delete_task(self, task: Task) -> None:
        """Delete a task and its files; one that runs is killed."""
        del task.job.tasks[task.id]
        task.job.waiting.pop(task.id, None)
        if task.execution is not None:
            task.execution.stop("terminated")
        else:
            shutil.rmtree(task.folder, ignore_errors=True)

    def complete(self, task: Task, exit_code: int | None, failure: JsonDict | None) -> None:
        """Note how a task ended."""
        task.exit_code, task.failure, task.ended = exit_code, failure, time.time()
        task.enter(COMPLETED)
        self.end_if_done(task.job)

    def requeue(self, task: Task) -> None:
        """Let a task that was lost with its node run again; no retries are counted."""
        task.requeues += 1
        task.requeued = time.time()
        task.started = task.node = None
        task.enter(ACTIVE)

    def is_waiting(self, task: Task) -> bool:
        """Tell whether a task could run now, if a node were free."""
        delayed = time.time() - task.state_since < self.config.start_delay
        return task.state == ACTIVE and task.job.state == ACTIVE and not delayed and _is_ready(task)


def _is_ready(task: Task) -> bool:
    wanted = (task.body.get("dependsOn") or {}).get("taskIds") or []
    return all(other in task.job.tasks and task.job.tasks[other].has_succeeded for other in wanted)


def _require_active(job: Job) -> None:
    if job.state in (ACTIVE, "disabled"):
        return
    raise BatchError(409, "JobCompleted", "The specified job is already in a completed state.")
