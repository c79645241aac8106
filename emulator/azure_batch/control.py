"""Routes of `/_emulator`: what goes wrong on order."""

import time

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, ValidationError

from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.errors import BatchError
from emulator.azure_batch.replies import Body, CurrentAccount
from emulator.geocatalog.replies import reply

router = APIRouter(prefix="/_emulator")


class Busy(BaseModel):
    """How long the service is overloaded."""

    seconds: float = Field(ge=0, le=3600)


@router.get("/health")
def health(account: CurrentAccount) -> Response:
    """Say that it is ready."""
    with account.lock:
        nodes = {pool.id: len(pool.nodes) for pool in account.pools.values()}
    return reply({"status": "ok", "pools": nodes})


@router.get("/config")
def get_config(account: CurrentAccount) -> Response:
    """Return the configuration in force."""
    return reply(account.config.model_dump())


@router.put("/config")
def change_config(account: CurrentAccount, body: Body) -> Response:
    """Change the given members of the configuration; the others stay."""
    try:
        account.config = BatchConfig.model_validate({**account.config.model_dump(), **body})
    except ValidationError as error:
        raise BatchError(400, "InvalidConfiguration", str(error)) from None
    return reply(account.config.model_dump())


@router.post("/busy")
def be_busy(account: CurrentAccount, busy: Busy) -> Response:
    """Answer every request with 503 ServerBusy for some seconds; what runs goes on."""
    account.busy_until = time.monotonic() + busy.seconds
    return reply({"seconds": busy.seconds})


@router.get("/pools/{pool_id}")
def show_pool(account: CurrentAccount, pool_id: str) -> Response:
    """Return which tasks run on which node, of the nodes that are up, and where each task ran last."""
    with account.lock:
        tasks = [task for job in account.jobs.values() if job.pool_id == pool_id for task in job.tasks.values()]
        up = [node for node in account.pool(pool_id).nodes.values() if node.is_up]
        nodes = {node.id: sorted(execution.task.id for execution in node.executions) for node in up}
        ran = {task.id: task.node.id for task in tasks if task.node is not None}
    return reply({"nodes": nodes, "tasks": ran})


@router.post("/pools/{pool_id}/nodes/{node_id}/lose")
def lose_node(account: CurrentAccount, pool_id: str, node_id: str) -> Response:
    """Let a node fail: its processes are killed, its files are gone, its tasks are requeued."""
    with account.lock:
        node = account.node(pool_id, node_id)
        tasks = [execution.task.id for execution in node.executions]
        account.lose(node)
    return reply({"lost": node_id, "tasks": tasks})


@router.post("/pools/{pool_id}/nodes/{node_id}/restore")
def restore_node(account: CurrentAccount, pool_id: str, node_id: str) -> Response:
    """Bring a lost node back, with an empty disk."""
    with account.lock:
        account.node(pool_id, node_id).enter("idle")
        account.lock.notify_all()
    return reply({"restored": node_id})


@router.get("/requests")
def get_requests(account: CurrentAccount) -> Response:
    """Return how often which route was called, and how often in all."""
    return reply({"total": sum(account.requests.values()), "counts": account.requests})


@router.delete("/requests")
def clear_requests(account: CurrentAccount) -> Response:
    """Start counting from zero (204)."""
    account.requests.clear()
    return Response(status_code=204)
