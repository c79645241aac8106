"""`prefect server` on an SQLite database whose writers wait for each other: `python -m cli.prefect_server start ...`.

Prefect's transactions read first and write later. If another one has written in between, SQLite refuses the write at
once, whatever the busy timeout (SQLITE_BUSY_SNAPSHOT, https://www.sqlite.org/rescode.html#busy_snapshot); the server
answers 503, and Prefect's pages do not ask again. A transaction that takes the write lock when it begins waits for it,
up to the 60 s that Prefect gives SQLite.
"""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.cli import app
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.server.database.dependencies import temporary_database_config
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


class WaitingSqlite(AioSqliteConfiguration):
    """A database in which every transaction takes the write lock when it begins."""

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """Begin a transaction that will write; those that only read are not begun in this way."""
        async with super().begin_transaction(session, with_for_update=True) as transaction:
            yield transaction


def database_config() -> WaitingSqlite | None:
    """Return the configuration for the database of Prefect's settings; None, which is Prefect's own, if no SQLite."""
    url = PREFECT_SERVER_DATABASE_CONNECTION_URL.value()
    return WaitingSqlite(connection_url=url) if url.startswith("sqlite") else None


if __name__ == "__main__":
    sys.argv = ["prefect", "server", *sys.argv[1:]]
    with temporary_database_config(database_config()):
        app()
