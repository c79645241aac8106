"""Download products: one task run each, or several; no more transfers at once than the account has connections."""

import threading
from pathlib import Path
from typing import Any

from prefect import task, unmapped
from prefect.client.schemas.objects import State

from clients.copernicus.disk import DiskBudget, NoSpace
from clients.copernicus.download import Downloader
from clients.copernicus.errors import ProductNotDownloaded
from clients.copernicus.product_files import missing_bytes
from models.copernicus import Product, ProductOutcome, ProductState
from models.errors import CredentialsError, GeoCatalogFlowsError, SettingsMissing, Stopped, TransientError
from models.failure import Failure, FailureClass
from models.redact import redact
from settings import get_copernicus_settings
from stac.configuration import slug
from tasks.connection_slots import ConnectionsTaken
from tasks.copernicus_connect import connection_slots, disk_budget, downloader
from tasks.download_plan import Batch, DownloadPlan
from tasks.download_watch import DownloadWatch, Recorder
from tasks.product_run import ProductRun
from tasks.retries import UNCACHED
from tasks.transfer_progress import TransferProgress

REFUSED_AT_FIRST = 3
"""Products that the account may not have before it got any: then it may have none, and the run stops."""
ENDS_RUN = (CredentialsError, SettingsMissing, NoSpace, Stopped, ConnectionsTaken)
"""Errors that the other products would meet too: these are left undone, not failed."""


class Downloads:
    """The downloads of one run; safe to share between threads.

    Args:
        at_once: products at work at once: twice the connections, so that none is idle while some products wait or are
            verified, and few are begun when the run is stopped.

    Attributes:
        stopped_by: the error that ended the run before all products were asked for, or None.
    """

    def __init__(
        self,
        client: Downloader,
        disk: DiskBudget,
        folder: Path,
        recorder: Recorder,
        progress: TransferProgress,
        at_once: int = 8,
    ) -> None:
        self._client = client
        self._disk = disk
        self._folder = folder
        self._recorder = recorder
        self._progress = progress
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(at_once)
        self._refused = 0
        self._got_any = False
        self.stopped_by: GeoCatalogFlowsError | None = None

    def fetch(self, product: Product) -> ProductOutcome:
        """Return what became of a product; as found if the run was stopped before it was here."""
        with self._places:
            outcome = self._outcome(product)
        self._recorder.ended([(product, outcome)])
        file = outcome.downloaded
        if outcome.state is not ProductState.FOUND:
            self._progress.end(product.product_id, file.size if file else None)
        return outcome

    def _outcome(self, product: Product) -> ProductOutcome:
        undone = ProductOutcome(product_id=product.product_id, name=product.name, state=ProductState.FOUND)
        if self.stopped_by is not None:
            return undone
        try:
            return self._downloaded(product, undone)
        except ProductNotDownloaded as error:
            self._count_refusal(error)
            return undone.model_copy(update={"state": error.state, "failure": error.failure})
        except ENDS_RUN as error:
            self._stop(error)
            return undone
        except (TransientError, OSError) as error:  # of the ledger or the sign-in; of the folder
            failure = Failure(code=type(error).__name__, message=redact(str(error)), kind=FailureClass.TRANSIENT)
            return undone.model_copy(update={"state": ProductState.FAILED, "failure": failure})

    def _downloaded(self, product: Product, undone: ProductOutcome) -> ProductOutcome:
        with self._disk.reserve(missing_bytes(product, self._folder)) as room:
            watch = DownloadWatch(product, room, self._recorder, self._progress)
            made = self._client.download(product, self._folder, watch.at, watch.begins)
        self._got_any = True
        return undone.model_copy(update={"state": ProductState.DOWNLOADED, "downloaded": made})

    def _count_refusal(self, error: ProductNotDownloaded) -> None:
        with self._lock:
            self._refused += error.state is ProductState.UNAUTHORISED
            if self._refused >= REFUSED_AT_FIRST and not self._got_any:
                self._stop(CredentialsError(f"The account got none of {self._refused} products. {error}"))

    def _stop(self, error: GeoCatalogFlowsError) -> None:
        self.stopped_by = self.stopped_by or error


class BatchNotDownloaded(GeoCatalogFlowsError):
    """Products of a batch were given up.

    Args:
        outcomes: of all its products.
    """

    def __init__(self, outcomes: list[ProductOutcome]) -> None:
        failures = [outcome.failure for outcome in outcomes if outcome.failure]
        super().__init__(failures[0].message if len(failures) == 1 else f"{len(failures)} products were given up")
        self.outcomes = outcomes

    def __reduce__(self) -> tuple[type["BatchNotDownloaded"], tuple[list[ProductOutcome]]]:
        return type(self), (self.outcomes,)


@task(name="download", task_run_name="download {batch.label}", **UNCACHED)
def download_batch(batch: Batch, downloads: Downloads) -> list[ProductOutcome]:
    """Download the products of a batch, one after the other. What is worth repeating is repeated within.

    Raises:
        BatchNotDownloaded: some were given up; all others are here.
    """
    outcomes = [downloads.fetch(product) for product in batch.products]
    if any(outcome.failure for outcome in outcomes):
        raise BatchNotDownloaded(outcomes)
    return outcomes


def download_all(plan: DownloadPlan, run: ProductRun) -> tuple[list[ProductOutcome], GeoCatalogFlowsError | None]:
    """Return an outcome for each product of a plan, and the error that ended the run before its end, or None."""
    if not plan.wanted:
        return plan.settled, None
    connection_slots().create_limit()
    progress = TransferProgress(plan.wanted).publish(f"copernicus-{slug(run.collection)}-downloads")
    at_once = 2 * get_copernicus_settings().connections
    downloads = Downloads(downloader(), disk_budget(plan.folder), plan.folder, run, progress, at_once)
    batches = plan.batches
    ended = download_batch.map(batches, downloads=unmapped(downloads))
    outcomes = list(plan.settled)
    for batch, future in zip(batches, ended, strict=True):
        future.wait()
        outcomes += _outcomes_of(batch, future.state)
    return outcomes, downloads.stopped_by


def _outcomes_of(batch: Batch, state: State[Any]) -> list[ProductOutcome]:
    result = state.result(raise_on_failure=False)
    if isinstance(result, list):
        return result
    if isinstance(result, BatchNotDownloaded):
        return result.outcomes
    message = redact(f"{type(result).__name__}: {result}")
    failure = Failure(code="TaskRunLost", message=message, kind=FailureClass.TRANSIENT)
    lost = {"state": ProductState.FAILED, "failure": failure}
    return [ProductOutcome(product_id=each.product_id, name=each.name, **lost) for each in batch.products]
