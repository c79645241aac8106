"""Runs a flow by its deployment, wherever its work pool says, and waits for it."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from models.errors import InvalidRequest, TransientError

PAUSE = 10.0
"""Seconds between two attempts while the Prefect API is away; its client has repeated the request before."""
ATTEMPTS = 180
"""Half an hour: a Prefect server is restarted in less, and a busy one answers again."""
SAID = 300
"""Characters of Prefect's answer that a message has; it may name each parameter."""


def run_elsewhere(
    deployment: str, parameters: dict[str, Any], key: str, sleep: Callable[[float], None] = time.sleep
) -> FlowRun:
    """Start a flow run, unless one of this key was started, and return it when it has ended.

    A Prefect API on SQLite answers 503 when many runs report at once; that must not make the child fail that goes on.

    Args:
        deployment: FLOW/DEPLOYMENT.
        parameters: of the flow.
        key: the same for the same run.
        sleep: replaced in tests.

    Raises:
        InvalidRequest: there is no such deployment, or it takes other parameters.
        TransientError: the Prefect API was away for half an hour; the run may go on.
    """
    for _ in range(ATTEMPTS):
        try:
            run: Any = run_deployment(deployment, parameters=parameters, idempotency_key=key)
            return run  # type: ignore[no-any-return]  # it is a coroutine only for async callers
        except ObjectNotFound:
            raise InvalidRequest(f"There is no deployment {deployment}: deploy it, or leave the field empty.") from None
        except httpx.TransportError as error:
            cause = type(error).__name__
        except httpx.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.CONFLICT:
                raise InvalidRequest(_refused(deployment, error.response.text)) from None
            if error.response.status_code < 500:
                raise
            cause = f"HTTP {error.response.status_code}"
        sleep(PAUSE)
    raise TransientError(f"The Prefect API is away ({cause}): the run of {deployment} may go on; run it again later.")


def _refused(deployment: str, answer: str) -> str:
    return (
        f"The deployment {deployment} does not take the parameters of this run: name one of the right flow, or deploy"
        f" it again if it is of an older version. Prefect says: {answer[:SAID]}"
    )
