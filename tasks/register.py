"""Register the ingestion sources of a run."""

from typing import Any

from prefect import task

from tasks.ingestion_source import Registration
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED


@task(name="register-ingestion-sources", task_run_name="register ingestion sources", **RETRIED, **UNCACHED)
def register_sources(lease: Any) -> list[Registration]:
    """Create or renew the ingestion sources of the containers that the Items lie in (a `SourceLease`)."""
    registrations: list[Registration] = lease.take()
    for registration in registrations:
        say(f"Ingestion source for {registration.container_url} {registration.action}")
    return registrations
