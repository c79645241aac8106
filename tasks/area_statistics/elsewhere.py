"""Child runs that measure on other machines; the ledger, which they share, has their results."""

import httpx
from prefect import task
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.futures import wait
from prefect.runtime import deployment as own_deployment
from prefect.runtime import flow_run

from models.area_statistics_request import AreaStatisticsRequest
from models.errors import InvalidRequest, TransientError
from models.requests import as_parameters
from stac.area_parts import parts_of
from stac.periods import today
from tasks.progress import say
from tasks.retries import UNCACHED
from tasks.run_elsewhere import run_elsewhere


def measure_elsewhere(request: AreaStatisticsRequest) -> None:
    """Let child runs measure all pairs, if the request names a deployment, and wait for them.

    A child that fails does no harm but cost time: this run measures what the ledger lacks.

    Raises:
        InvalidRequest: there is no such deployment, it takes other parameters, or it is this run's own and runs one at
            a time.
        TransientError: the Prefect API is away.
    """
    if request.deployment is None:
        return
    if request.deployment == f"{flow_run.flow_name}/{own_deployment.name}" and _runs_one_at_a_time(request.deployment):
        raise InvalidRequest(
            f"The deployment {request.deployment} has a concurrency limit of 1: its child runs would wait for this run,"
            " and this run for them. Name a deployment without a limit, or leave the field empty."
        )
    parts = parts_of(request, today())
    say(f"{len(parts)} child runs of {request.deployment}")
    futures = [measure_part.submit(part, request.deployment, number) for number, part in enumerate(parts, 1)]
    wait(futures)
    for future in futures:
        future.result()


def _runs_one_at_a_time(deployment: str) -> bool:
    """Tell whether a run of a deployment, such as this one, keeps all others of it waiting."""
    try:
        with get_client(sync_client=True) as client:
            limit = client.read_deployment_by_name(deployment).global_concurrency_limit
    except ObjectNotFound:
        return False  # who runs it says so
    except httpx.HTTPError as error:
        raise TransientError(f"The Prefect API is away ({type(error).__name__}): run it again later.") from None
    return limit is not None and bool(limit.active) and limit.limit <= 1


@task(name="measure-part", task_run_name="child run {number}", **UNCACHED)
def measure_part(part: AreaStatisticsRequest, deployment: str, number: int) -> str:
    """Run one child; return how it ended, in words.

    Raises:
        InvalidRequest: there is no such deployment, or it takes other parameters.
    """
    key = f"{flow_run.id}-{flow_run.run_count}-{number}"
    state = run_elsewhere(deployment, as_parameters(part), key).state
    said = f"{state.name}: {state.message}" if state and state.message else str(state and state.name)
    say(f"Child run {number}: {said}")
    return said
