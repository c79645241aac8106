"""One Prefect server for all flow tests, without waiting: no heartbeat thread, no delays between retries."""

from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from tasks import (
    check,
    collection,
    configuration,
    plan,
    prove,
    register,
    remove,
    settle,
    source_collection,
    submit,
    thumbnail,
    verify,
)


@pytest.fixture(autouse=True)
def without_waiting(prefect_server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tasks = [
        check.check_geocatalog,
        check.require_collection,
        collection.create_collection,
        configuration.configure_collection,
        register.register_sources,
        plan.plan_ingest,
        prove.prove_batch,
        remove.delete_batch,
        remove.delete_collection,
        remove.delete_sources,
        remove.list_contents,
        settle.settle_batch,
        source_collection.fetch_source_collection,
        source_collection.fetch_mosaic_info,
        submit.submit_batch,
        thumbnail.copy_thumbnail,
        verify.verify_ingest,
    ]
    for task in tasks:
        monkeypatch.setattr(task, "retry_delay_seconds", [0.0])
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
