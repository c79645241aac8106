"""The Prefect server of `make up`, of demos and of the command line, on SQLite."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest
import requests
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL, temporary_settings

from cli.local_servers import prefect_server, url_of
from cli.prefect_server import WaitingSqlite, database_config
from cli.services import free_port

CALLERS = 8
"""Ask at the same moment; each transaction of theirs reads, then writes."""
RUNS = 25
"""That each of them asks for."""


def test_a_transaction_holds_the_write_lock_from_its_begin(tmp_path):
    path = tmp_path / "prefect.db"

    async def other_writer_within_a_transaction() -> None:
        config = WaitingSqlite(connection_url=f"sqlite+aiosqlite:///{path}")
        engine = await config.engine()
        session = await config.session(engine)
        async with session, config.begin_transaction(session):
            await session.connection()
            with sqlite3.connect(path, timeout=0) as other:
                other.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        asyncio.run(other_writer_within_a_transaction())


@pytest.mark.parametrize(
    ("url", "ours"), [("sqlite+aiosqlite:////prefect.db", True), ("postgresql+asyncpg://a/b", False)]
)
def test_only_sqlite_needs_it(url, ours):
    with temporary_settings({PREFECT_SERVER_DATABASE_CONNECTION_URL: url}):
        assert (database_config() is not None) is ours


@pytest.mark.long
def test_callers_at_the_same_moment_all_get_their_flow_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    url = f"{url_of(free_port(0))}/api"
    service = prefect_server(url.removesuffix("/api"), tmp_path)
    try:
        service.wait_until_ready()
        flow = requests.post(f"{url}/flows/", json={"name": "many"}, timeout=60).json()["id"]
        made = requests.post(f"{url}/deployments/", json={"name": "many", "flow_id": flow}, timeout=60).json()["id"]

        def create(_: None) -> int:
            return requests.post(f"{url}/deployments/{made}/create_flow_run", json={}, timeout=300).status_code

        with ThreadPoolExecutor(CALLERS) as callers:
            answers = list(callers.map(create, repeat(None, CALLERS * RUNS)))
        assert answers == [201] * CALLERS * RUNS
    finally:
        service.stop()
