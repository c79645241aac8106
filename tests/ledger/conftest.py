"""A fresh ledger on each kind of database, with a clock that stands still."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from ledger.records import Claim, RunRecord
from tests.ledger.server import PostgresServer, started_server

CATALOG = "https://catalog.example.com"
COLLECTION = "sentinel-2"


class Clock:
    """Returns one time until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    yield from started_server()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgresql").empty_database())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_ledger(url: str, clock: Clock) -> Iterator[Callable[..., Ledger]]:
    """Open the ledger, once more or for another catalog; all are closed at the end."""
    opened = []

    def open_(catalog: str = CATALOG) -> Ledger:
        opened.append(Ledger.open(url, catalog, clock))
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[..., Ledger]) -> Ledger:
    """An empty ledger with two living runs, "one" and "two"."""
    opened = open_ledger()
    for run_id in ("one", "two"):
        opened.begin_run(run(run_id))
    return opened


def run(run_id: str, **members: object) -> RunRecord:
    defaults = {"flow": "ingest-items", "collection_id": COLLECTION, "signature": "s1"}
    return RunRecord(run_id=run_id, **{**defaults, **members})  # type: ignore[arg-type]


def claims(*item_ids: str, fingerprint: str = "f1") -> dict[str, Claim]:
    return {item_id: Claim(fingerprint, datetime(2026, 2, 1, tzinfo=UTC), "sentinel-2-l2a") for item_id in item_ids}
