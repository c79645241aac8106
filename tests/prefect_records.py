"""What the Prefect server that all tests share has recorded of all that ever ran there; its lists come in pages."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRun

from cli.prefect_api import deliver_records

PAGE = 200
"""Records of one answer, Prefect's largest."""


def pages(client: SyncPrefectClient, name: str, **filters: Any) -> Iterator[str]:
    """Yield a list of the Prefect API as texts, one for each page."""
    offset, full = 0, True
    while full:
        answer = client.request("POST", f"/{name}/filter", json={"limit": PAGE, "offset": offset, **filters})
        answer.raise_for_status()
        yield answer.text
        full = len(answer.json()) == PAGE
        offset += PAGE


def all_said_of(client: SyncPrefectClient, flow_run_id: UUID) -> list[str]:
    """Return the flow run, its task runs, artifacts and logs, as texts of JSON; logs are sent some seconds late."""
    deliver_records()
    mine = {"id": {"any_": [str(flow_run_id)]}}
    said = [page for name in ("flow_runs", "task_runs", "artifacts") for page in pages(client, name, flow_runs=mine)]
    return [*said, *pages(client, "logs", logs={"flow_run_id": mine["id"]})]


def task_runs_of(flow_run_id: UUID) -> list[TaskRun]:
    """Return the task runs of a flow run that are recorded by now, at most 200."""
    mine = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        return client.read_task_runs(flow_run_filter=mine, limit=PAGE)
