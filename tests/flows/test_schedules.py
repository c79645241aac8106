"""Prefect's server plans the runs of a schedule: it does not with SQLAlchemy 2.1, and only its log says so."""

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import CronSchedule


@flow
def nightly() -> None:
    """Do nothing."""


def test_runs_of_a_schedule_are_planned(prefect_server):
    schedule = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *"), active=True)
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(nightly)
        deployment = client.create_deployment(flow_id=flow_id, name="nightly", schedules=[schedule])
        answer = client.request("POST", f"/deployments/{deployment}/schedule", json={"min_runs": 3})
        assert answer.status_code == 200
        mine = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        planned = client.read_flow_runs(deployment_filter=mine)
        client.delete_deployment(deployment)
    assert len(planned) >= 3
    assert all(run.auto_scheduled and run.state.is_scheduled() for run in planned)
