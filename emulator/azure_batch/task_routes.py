"""Routes of tasks."""

import random
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from emulator.azure_batch.access import admit
from emulator.azure_batch.account import Account
from emulator.azure_batch.documents import iso, task_document
from emulator.azure_batch.errors import BatchError, invalid_value
from emulator.azure_batch.odata import page_of
from emulator.azure_batch.records import Job
from emulator.azure_batch.replies import Body, CurrentAccount, Root, answer, done
from emulator.json_types import JsonDict

router = APIRouter(prefix="/jobs/{job_id}", dependencies=[Depends(admit)])
MAX_COLLECTION = 100
"""Tasks in one request, as the service documents."""


@router.post("/tasks")
def add_task(account: CurrentAccount, job_id: str, body: Body, request: Request) -> Response:
    """Add a task (201)."""
    with account.lock:
        return done(201, request, account.add_task(account.job(job_id), body))


@router.post("/addtaskcollection")
def add_tasks(account: CurrentAccount, root: Root, job_id: str, body: Body) -> Response:
    """Add up to 100 tasks; each has a result of its own, in no certain order."""
    bodies = body.get("value")
    if not isinstance(bodies, list) or not 1 <= len(bodies) <= MAX_COLLECTION:
        raise invalid_value("value", f"It must hold from 1 to {MAX_COLLECTION} tasks")
    with account.lock:
        job = account.job(job_id)
        results = [_added(account, job, task, root) for task in bodies]
    random.shuffle(results)
    return answer({"odata.metadata": f"{root}/$metadata#taskaddresult", "value": results})


def _added(account: Account, job: Job, body: Any, root: str) -> JsonDict:
    try:
        task = account.add_task(job, body if isinstance(body, dict) else {})
    except BatchError as error:
        return {"taskId": str(body.get("id")), "status": "clienterror", "error": error.body}
    location = f"{root}/jobs/{job.id}/tasks/{task.id}"
    stamps = {"eTag": task.etag, "lastModified": iso(task.changed)}
    return {"taskId": task.id, "status": "success", **stamps, "location": location}


@router.get("/tasks")
def list_tasks(account: CurrentAccount, root: Root, job_id: str, request: Request) -> Response:
    """Return the tasks of a job."""
    with account.lock:
        documents = [task_document(task, root) for task in account.job(job_id).tasks.values()]
    return answer(page_of(documents, request, "tasks"))


@router.get("/tasks/{task_id}")
def get_task(account: CurrentAccount, root: Root, job_id: str, task_id: str) -> Response:
    """Return a task."""
    with account.lock:
        task = account.task(job_id, task_id)
        return answer(task_document(task, root), task)


@router.delete("/tasks/{task_id}")
def delete_task(account: CurrentAccount, job_id: str, task_id: str, request: Request) -> Response:
    """Delete a task and its files."""
    with account.lock:
        account.delete_task(account.task(job_id, task_id))
        return done(200, request)


@router.post("/tasks/{task_id}/terminate")
def terminate_task(account: CurrentAccount, job_id: str, task_id: str, request: Request) -> Response:
    """End a task (204)."""
    with account.lock:
        task = account.task(job_id, task_id)
        account.terminate(task)
        return done(204, request, task)


@router.post("/tasks/{task_id}/reactivate")
def reactivate_task(account: CurrentAccount, job_id: str, task_id: str, request: Request) -> Response:
    """Let a failed task run again (204)."""
    with account.lock:
        task = account.task(job_id, task_id)
        account.reactivate(task)
        return done(204, request, task)
