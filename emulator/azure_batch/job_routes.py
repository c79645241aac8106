"""Routes of jobs."""

from fastapi import APIRouter, Depends, Request, Response

from emulator.azure_batch.access import admit
from emulator.azure_batch.documents import count_document, job_document
from emulator.azure_batch.odata import page_of
from emulator.azure_batch.replies import Body, CurrentAccount, Root, answer, done

router = APIRouter(prefix="/jobs", dependencies=[Depends(admit)])


@router.post("")
def create_job(account: CurrentAccount, body: Body, request: Request) -> Response:
    """Create a job (201)."""
    with account.lock:
        return done(201, request, account.create_job(body))


@router.get("")
def list_jobs(account: CurrentAccount, root: Root, request: Request) -> Response:
    """Return the jobs."""
    with account.lock:
        documents = [job_document(job, root) for job in account.jobs.values()]
    return answer(page_of(documents, request, "jobs"))


@router.get("/{job_id}")
def get_job(account: CurrentAccount, root: Root, job_id: str) -> Response:
    """Return a job."""
    with account.lock:
        job = account.job(job_id)
        return answer(job_document(job, root), job)


@router.patch("/{job_id}")
def change_job(account: CurrentAccount, job_id: str, body: Body, request: Request) -> Response:
    """Change members of a job."""
    with account.lock:
        job = account.job(job_id)
        account.change_job(job, body)
        return done(200, request, job)


@router.delete("/{job_id}")
def delete_job(account: CurrentAccount, job_id: str, request: Request) -> Response:
    """Delete a job with its tasks (202)."""
    with account.lock:
        account.delete_job(account.job(job_id))
        return done(202, request)


@router.post("/{job_id}/terminate")
def terminate_job(account: CurrentAccount, job_id: str, body: Body, request: Request) -> Response:
    """End a job and all its tasks (202)."""
    with account.lock:
        job = account.job(job_id)
        account.complete_job(job, body.get("terminateReason") or "UserTerminate")
        return done(202, request, job)


@router.post("/{job_id}/disable")
def disable_job(account: CurrentAccount, job_id: str, body: Body, request: Request) -> Response:
    """Let no task start (202); `disableTasks` says what happens to running ones."""
    with account.lock:
        job = account.job(job_id)
        account.disable_job(job, body.get("disableTasks", "requeue"))
        return done(202, request, job)


@router.post("/{job_id}/enable")
def enable_job(account: CurrentAccount, job_id: str, request: Request) -> Response:
    """Let tasks start again (202)."""
    with account.lock:
        job = account.job(job_id)
        account.enable_job(job)
        return done(202, request, job)


@router.get("/{job_id}/taskcounts")
def count_tasks(account: CurrentAccount, job_id: str) -> Response:
    """Return how many tasks are in which state; that may be behind, as the service's is."""
    with account.lock:
        job = account.job(job_id)
        return answer(account.late(job, count_document(job)))
