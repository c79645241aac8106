"""Name of a deployment as Prefect takes it."""

from typing import Annotated

from pydantic import AfterValidator


def _check(name: str) -> str:
    flow, slash, deployment = name.partition("/")
    if not (flow and slash and deployment) or "/" in deployment:
        raise ValueError(f"write FLOW/NAME, such as ingest-items/ingest-items; got {name!r}")
    return name


DeploymentName = Annotated[str, AfterValidator(_check)]
"""FLOW/NAME."""
