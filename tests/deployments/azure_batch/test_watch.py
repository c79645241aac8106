"""One look at what is watched, against the stand-in."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from deployments.azure_batch.submission import submit
from deployments.azure_batch.verdict import Ended
from deployments.azure_batch.watch import Watch, Watched
from emulator.azure_batch.server import BatchServer
from tests.clients.test_azure_batch import client_of
from tests.deployments.azure_batch.test_submission import RUN, prepared


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BatchServer]:
    with BatchServer(tmp_path) as server:
        server.add_pool("pool", nodes=0)
        yield server


async def none_cancelled(run_ids: list[UUID]) -> set[UUID]:
    return set()


def watched_in(server: BatchServer, attempt: int = 0) -> Watched:
    """A run that may wait for a minute, and has waited for two."""
    batch, configuration = client_of(server.url), prepared(start_timeout_minutes=1)
    submitted = submit(batch, configuration, RUN, attempt)
    with server.account.lock:
        task = server.account.task(submitted.job_id, submitted.task_id)
        task.state_since = (datetime.now(UTC) - timedelta(minutes=2)).timestamp()
    return Watched(UUID(RUN), batch, submitted.job_id, submitted.task_id, configuration, print)


def looked_at(*several: Watched) -> list[str]:
    """Look twice; return the warnings."""
    warnings: list[str] = []

    async def look() -> None:
        watch = Watch(none_cancelled, warnings.append)
        for watched in several:
            watch.add(watched)
        await watch.look()
        await watch.look()

    asyncio.run(look())
    return warnings


@pytest.mark.parametrize(
    ("is_deleted", "told"),
    [
        (False, "pool pool has 0 of 0 nodes, 1 slots each. Resize it, or wait longer."),
        (True, "pool pool does not exist any more. Make it again, or change 'Pool' in the work pool."),
    ],
)
def test_the_longest_wait_ends_whether_there_is_a_pool_or_not(server: BatchServer, is_deleted: bool, told: str) -> None:
    watched = watched_in(server)
    if is_deleted:
        with server.account.lock:
            del server.account.pools["pool"]
    assert looked_at(watched) == []
    assert watched.stopping is not None
    assert watched.stopping.reason == f"The Batch task did not start within 1 minutes: {told}"
    assert watched.ending is not None and watched.ending.exit_code == 1


def test_two_attempts_of_a_run_are_looked_after_until_each_has_ended(server: BatchServer) -> None:
    first = watched_in(server)
    first.batch.terminate_task(first.job_id, first.task_id)
    second = watched_in(server, attempt=1)

    async def look() -> None:
        watch = Watch(none_cancelled, print)
        watch.add(first)
        watch.add(second)
        await watch.look()
        assert isinstance(first.ending, Ended)
        watch.forget(first)
        assert second.run_id in watch and len(watch) == 1
        watch.forget(second)
        assert second.run_id not in watch

    asyncio.run(look())
