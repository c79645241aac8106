"""Pools, nodes, jobs, tasks and files as the service writes them."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from emulator.azure_batch.records import COMPLETED, PREPARING, RUNNING, Job, Node, Pool, Stamped, Task
from emulator.json_types import JsonDict

ENDLESS = "P10675199DT2H48M5.4775807S"
"""What the service writes where there is no limit: the longest TimeSpan."""


def iso(seconds: float | None) -> str | None:
    """Return seconds since 1970 as the service writes times."""
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def http_date(seconds: float) -> str:
    """Return seconds since 1970 as HTTP headers have them."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def without_none(document: JsonDict) -> JsonDict:
    """Leave out what has no value, as the service does."""
    return {name: value for name, value in document.items() if value is not None}


def headers_of(thing: Stamped) -> dict[str, str]:
    """Return the headers of an answer about one thing."""
    return {"ETag": thing.etag, "Last-Modified": http_date(thing.changed)}


def _stamps(thing: Stamped, url: str) -> JsonDict:
    return {
        "url": url,
        "eTag": thing.etag,
        "lastModified": iso(thing.changed),
        "creationTime": iso(thing.created),
        "state": thing.state,
        "stateTransitionTime": iso(thing.state_since),
    }


def pool_document(pool: Pool, root: str) -> JsonDict:
    """Return a pool; `root` is the account's URL."""
    return without_none(
        {
            "vmSize": "local",
            "taskSlotsPerNode": 1,
            "enableAutoScale": False,
            **pool.body,
            **_stamps(pool, f"{root}/pools/{pool.id}"),
            "allocationState": "steady",
            "currentDedicatedNodes": sum(node.is_up for node in pool.nodes.values()),
            "currentLowPriorityNodes": 0,
            "targetLowPriorityNodes": 0,
        }
    )


def node_document(node: Node, root: str) -> JsonDict:
    """Return a node."""
    url = f"{root}/pools/{node.pool.id}/nodes/{node.id}"
    stamps = _stamps(node, url)
    return {
        "id": node.id,
        **{name: stamps[name] for name in ("url", "state", "stateTransitionTime")},
        "schedulingState": "enabled",
        "allocationTime": iso(node.created),
        "lastBootTime": iso(node.created),
        "ipAddress": "127.0.0.1",
        "affinityId": f"TVM:{node.id}",
        "vmSize": node.pool.body.get("vmSize", "local"),
        "isDedicated": True,
        "totalTasksRun": node.tasks_run,
        "totalTasksSucceeded": node.tasks_succeeded,
        "runningTasksCount": len(node.executions),
        "runningTaskSlotsCount": sum(execution.task.slots for execution in node.executions),
    }


def job_document(job: Job, root: str) -> JsonDict:
    """Return a job."""
    info = {"startTime": iso(job.created), "poolId": job.pool_id}
    info |= without_none({"endTime": iso(job.ended), "terminateReason": job.end_reason})
    defaults = {"priority": 0, "onAllTasksComplete": "noaction", "onTaskFailure": "noaction"}
    defaults |= {"constraints": {"maxWallClockTime": ENDLESS, "maxTaskRetryCount": 0}}
    return {**defaults, **job.body, **_stamps(job, f"{root}/jobs/{job.id}"), "executionInfo": info}


def task_document(task: Task, root: str) -> JsonDict:
    """Return a task; the values of its environment are readable, as in the service."""
    constraints = {"maxWallClockTime": ENDLESS, "retentionTime": "P7D", "maxTaskRetryCount": 0, **task.constraints}
    return without_none(
        {
            "requiredSlots": 1,
            **task.body,
            "constraints": constraints,
            **_stamps(task, f"{root}/jobs/{task.job.id}/tasks/{task.id}"),
            "executionInfo": _execution_info(task),
            "nodeInfo": _node_info(task, root),
        }
    )


def _execution_info(task: Task) -> JsonDict:
    ended = task.state == COMPLETED
    return without_none(
        {
            "startTime": iso(task.started),
            "endTime": iso(task.ended) if ended else None,
            "exitCode": task.exit_code if ended else None,
            "failureInfo": task.failure if ended else None,
            "result": ("failure" if task.failure else "success") if ended else None,
            "retryCount": task.retries,
            "lastRetryTime": iso(task.retried),
            "requeueCount": task.requeues,
            "lastRequeueTime": iso(task.requeued),
        }
    )


def _node_info(task: Task, root: str) -> JsonDict | None:
    if task.node is None:
        return None
    node_url = f"{root}/pools/{task.node.pool.id}/nodes/{task.node.id}"
    return {
        "affinityId": f"TVM:{task.node.id}",
        "nodeUrl": node_url,
        "poolId": task.node.pool.id,
        "nodeId": task.node.id,
        "taskRootDirectory": f"workitems/{task.job.id}/job-1/{task.id}",
        "taskRootDirectoryUrl": f"{node_url}/files/workitems/{task.job.id}/job-1/{task.id}",
    }


def count_document(job: Job) -> JsonDict:
    """Return how many tasks of a job are in which state, and how many slots they take."""
    tasks = list(job.tasks.values())
    return {"taskCounts": _counts(tasks, slots=False), "taskSlotCounts": _counts(tasks, slots=True)}


def _counts(tasks: list[Task], *, slots: bool) -> JsonDict:
    counts = {"active": 0, "running": 0, "completed": 0, "succeeded": 0, "failed": 0}
    for task in tasks:
        size = task.slots if slots else 1
        counts["running" if task.state in (PREPARING, RUNNING) else task.state] += size
        if task.state == COMPLETED:
            counts["succeeded" if task.has_succeeded else "failed"] += size
    return counts


def file_document(path: Path, name: str, url: str) -> JsonDict:
    """Return an entry of a list of files."""
    status = path.stat()
    if path.is_dir():
        return {"name": name, "url": url, "isDirectory": True}
    properties = {
        "creationTime": iso(status.st_ctime),
        "lastModified": iso(status.st_mtime),
        "contentLength": str(status.st_size),
        "contentType": "text/plain" if path.suffix == ".txt" else "application/octet-stream",
        "fileMode": f"0o{status.st_mode:o}",
    }
    return {"name": name, "url": url, "isDirectory": False, "properties": properties}
