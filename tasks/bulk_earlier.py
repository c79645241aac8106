"""Bulk runs that were begun before: waited for, not started twice."""

from collections.abc import Callable
from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from clients.geocatalog.bulk import Ingestion, IngestionRun
from ledger.records import Change, RunRecord
from models.errors import RefusedError, Stopped
from models.outcomes import ItemState
from settings import get_settings
from tasks.bulk_outcomes import chunks, not_ingested, read_back
from tasks.bulk_run import BulkWatch, owner_of
from tasks.connect import geocatalog
from tasks.operation_watch import STOPPING
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.run_record import RunRecorder

BULK_FLOW = "ingest-bulk"
RUNS_LOOKED_AT = 1000
"""Newest runs of a Collection, among which those at work are looked for."""


class EarlierRuns:
    """Brings to an end what earlier runs on one Collection began.

    Bulk runs on one Collection take turns, in the order in which they began: the service executes one at a time
    anyway, and none takes Items that another is about to send.

    Args:
        run: the present one.
        interval: seconds between two looks.
        sleep: replaced in tests.
    """

    def __init__(
        self,
        catalog: GeoCatalog,
        collection_id: str,
        run: RunRecorder,
        watch: BulkWatch,
        *,
        interval: float = 2.0,
        sleep: Callable[[float], object] = STOPPING.wait,
    ) -> None:
        self._catalog = catalog
        self._collection_id = collection_id
        self._run = run
        self._watch = watch
        self._interval = interval
        self._sleep = sleep

    def finish(self) -> int:
        """Wait for runs at work that began earlier, then for ingestions that dead ones left; return how many."""
        while (earlier := self._at_work()) is not None:
            say(f"Waits for the bulk run {earlier.run_id} on {self._collection_id}, which began earlier")
            self._wait_for(earlier)
        left = [found for found in self._catalog.bulk.list_ingestions(self._collection_id) if self._is_left(found)]
        for ingestion in left:
            self._finish(ingestion)
        return len(left)

    def _at_work(self) -> RunRecord | None:
        runs = self._run.ledger.runs(collection_id=self._collection_id, limit=RUNS_LOOKED_AT)
        mine = next(known for known in runs if known.run_id == self._run.run_id)
        others = (known for known in runs if known.flow == BULK_FLOW and known.is_alive)
        return next((known for known in others if _order(known) < _order(mine)), None)

    def _wait_for(self, earlier: RunRecord) -> None:
        while (found := self._at_work()) is not None and found.run_id == earlier.run_id:
            self._sleep(self._interval)
            if STOPPING.is_set():
                raise Stopped(f"Stopped while the bulk run {earlier.run_id} was at work.")

    def _is_left(self, ingestion: Ingestion) -> bool:
        return ingestion.is_ready and owner_of(ingestion) not in (None, self._run.run_id)

    def _finish(self, ingestion: Ingestion) -> None:
        say(f"Waits for the {ingestion.name}, which was left behind")
        try:
            ended = self._watch.wait(ingestion.id)
        except RefusedError:  # it was never run, or is gone
            say(f"The {ingestion.name} has no run")
        else:
            self._resolve(str(owner_of(ingestion)), ended)
        delete_ingestion(self._catalog, self._collection_id, ingestion.id)

    def _resolve(self, owner: str, ended: IngestionRun) -> None:
        """Decide the Items that a dead run had sent: those that did not get through may be sent again."""
        ledger = self._run.ledger
        sent = ledger.find(collection_id=self._collection_id, run_id=owner, states=[ItemState.SUBMITTED])
        ids = [entry.item_id for entry in sent if entry.operation_id == ended.operation_id]
        outcomes = read_back(self._catalog, self._collection_id, ids, ended.operation_id, not_ingested(ended))
        for chunk in chunks(outcomes):
            changes = [Change(outcome.item_id, outcome.state, failure=outcome.failure) for outcome in chunk]
            ledger.record(self._run.run_id, self._collection_id, changes)


def _order(run: RunRecord) -> tuple[Any, str]:
    return run.started, run.run_id


def delete_ingestion(catalog: GeoCatalog, collection_id: str, ingestion_id: str) -> None:
    """Delete the definition of an ingestion; one that cannot be deleted does no harm, and the next run tries again."""
    try:
        catalog.bulk.begin_delete(collection_id, ingestion_id)
    except RefusedError as error:
        say(f"The ingestion {ingestion_id} is kept: {error}")


def bulk_watch(collection_id: str) -> BulkWatch:
    """Return a watch over the bulk runs of a Collection, with the settings of this process."""
    settings = get_settings()
    return BulkWatch(geocatalog().bulk, collection_id, interval=settings.poll_interval, timeout=settings.bulk_timeout)


@task(name="finish-earlier", task_run_name="finish earlier bulk runs", **RETRIED, **UNCACHED)
def finish_earlier(collection_id: str, run: Any) -> int:
    """Wait for bulk runs on a Collection that began before this one (a `RunRecorder`); return how many were left."""
    interval = get_settings().poll_interval
    return EarlierRuns(geocatalog(), collection_id, run, bulk_watch(collection_id), interval=interval).finish()
