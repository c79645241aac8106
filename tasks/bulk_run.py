"""Bulk ingestions of this program: found by their names, started once, watched until they end."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from clients.geocatalog.bulk import BulkClient, Ingestion, IngestionRun
from models.errors import OperationTimeout, RefusedError, Stopped
from tasks.operation_watch import STOPPING

_NAME = re.compile(r"geocatalog-flows run (?P<run>\S+) part (?P<part>\d+)")


def name_of(run_id: str, part: int) -> str:
    """Return the `displayName` of a part of a run, by which it is found again, whatever happens to the run."""
    return f"geocatalog-flows run {run_id} part {part}"


def owner_of(ingestion: Ingestion) -> str | None:
    """Return the id of the run that an ingestion belongs to; None if it is not of this program."""
    match = _NAME.fullmatch(ingestion.name)
    return match["run"] if match else None


class Started(NamedTuple):
    """An ingestion at work."""

    ingestion_id: str
    operation_id: str


def start_once(bulk: BulkClient, collection_id: str, name: str, import_type: str, url: str) -> Started:
    """Start an ingestion of this name, unless an earlier call did, whose answer was lost."""
    known = (found for found in bulk.list_ingestions(collection_id) if found.name == name and found.is_ready)
    ingestion = next(known, None) or bulk.create(collection_id, import_type, url, name)
    runs = bulk.list_runs(collection_id, ingestion.id) or [bulk.create_run(collection_id, ingestion.id)]
    return Started(ingestion.id, runs[0].operation_id)


class BulkWatch:
    """Watches ingestions of one Collection.

    Args:
        interval: seconds between two looks.
        timeout: seconds that an ingestion may take, from the first look.
        clock: seconds, monotonic.
        sleep: replaced in tests.
    """

    def __init__(
        self,
        bulk: BulkClient,
        collection_id: str,
        *,
        interval: float,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = STOPPING.wait,
    ) -> None:
        self._bulk = bulk
        self._collection_id = collection_id
        self._interval = interval
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep

    def wait(self, ingestion_id: str, meanwhile: Callable[[IngestionRun], None] = lambda run: None) -> IngestionRun:
        """Block until all runs of an ingestion have ended, however they did; return the first: others repeat it.

        Args:
            meanwhile: called at each look, with the newest counters.

        Raises:
            OperationTimeout: they had not ended when the time was over. They may yet end: nothing is canceled.
            RefusedError: the ingestion has no run, or is gone.
        """
        deadline = self._clock() + self._timeout
        while True:
            runs = self._bulk.list_runs(self._collection_id, ingestion_id)
            if not runs:
                raise RefusedError(f"The ingestion {ingestion_id} has no run.", 404)
            meanwhile(runs[0])
            if all(run.has_ended for run in runs):
                return runs[0]
            if self._clock() + self._interval > deadline:
                raise OperationTimeout(
                    f"The bulk run {runs[0].id} is still {runs[0].status} after {self._timeout:.0f} seconds. It may yet"
                    " end: run the same request again later, or raise GEOCATALOG_BULK_TIMEOUT."
                )
            self._sleep(self._interval)
            if STOPPING.is_set():
                raise Stopped(f"Stopped while the bulk run {runs[0].id} was {runs[0].status}: it goes on by itself.")
