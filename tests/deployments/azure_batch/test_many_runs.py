"""Three hundred flow runs at once on four slots: none is lost, none runs twice, and the worker stays small."""

from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Scheduled

from tests.deployments.azure_batch.farm import HERE, Farm

RUNS = 300


def resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) / 1024


def start_many(farm: Farm) -> set[str]:
    command = f"python {HERE / 'quick_run.py'} 0 0 {farm.journal}"

    async def create(client: PrefectClient) -> set[str]:
        runs = [
            await client.create_flow_run_from_deployment(
                farm.deployment, job_variables={"command": command}, state=Scheduled()
            )
            for _ in range(RUNS)
        ]
        return {str(run.id) for run in runs}

    return farm.ask(create)


def completed(farm: Farm) -> set[UUID]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED]))
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[farm.deployment]))

    async def read(client: PrefectClient) -> set[UUID]:
        found: set[UUID] = set()
        for offset in range(0, 2000, 200):
            page = await client.read_flow_runs(
                flow_run_filter=FlowRunFilter(state=state), deployment_filter=chosen, limit=200, offset=offset
            )
            found |= {run.id for run in page}
        return found

    return farm.ask(read)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_three_hundred_runs_at_once(farm: Farm) -> None:
    farm.wait(farm.quick())
    before = resident_mb(farm.worker.pid)
    wanted = start_many(farm)
    seen: list[float] = []

    def left() -> int:
        seen.append(resident_mb(farm.worker.pid))
        return len(wanted - {str(run_id) for run_id in completed(farm)})

    farm.until(left, lambda count: count == 0, seconds=1100)
    executed = [line for line in farm.journal.read_text().split() if line in wanted]
    assert sorted(executed) == sorted(wanted)
    print(f"worker: {before:.0f} MB before, {max(seen):.0f} MB at most, {seen[-1]:.0f} MB after")
    assert max(seen) < before + 60  # MB: 300 configurations and clients of the API, not 300 times anything large
