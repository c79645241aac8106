"""Child runs that measure on other machines; the ledger, which they share, has their results."""

from prefect import task
from prefect.futures import wait
from prefect.runtime import deployment as own_deployment
from prefect.runtime import flow_run

from models.area_statistics_request import AreaStatisticsRequest
from models.errors import InvalidRequest
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
        InvalidRequest: there is no such deployment, it takes other parameters, or it is this run's own, of which one
            runs at a time.
    """
    if request.deployment is None:
        return
    if request.deployment == f"{flow_run.flow_name}/{own_deployment.name}":
        raise InvalidRequest(
            f"Child runs of {request.deployment} would wait for this run, and this run for them: name another"
            " deployment, or leave the field empty."
        )
    parts = parts_of(request, today())
    say(f"{len(parts)} child runs of {request.deployment}")
    futures = [measure_part.submit(part, request.deployment, number) for number, part in enumerate(parts, 1)]
    wait(futures)
    for future in futures:
        future.result()


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
