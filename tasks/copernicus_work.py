"""What all task runs of one ingest of products share."""

import threading

from clients.copernicus.product_files import bytes_of
from ledger.products import ProductChange
from ledger.records import Entry
from models.copernicus import DownloadedProduct, Product, ProductState
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from tasks.copernicus_plan import ProductPlan
from tasks.download_products import Downloads
from tasks.plan import Batch
from tasks.product_staging import ProductStaging
from tasks.room import Room
from tasks.work import Work

SENT = (ItemState.PLANNED, ItemState.SUBMITTED, ItemState.INGESTED)
"""States of Items that are about to be sent, or were."""


class CopernicusWork:
    """One ingest of products at work; safe to share between threads.

    No dataclass: Prefect would look for futures in its dictionaries, while other threads add to them.

    Args:
        ingest: what the task runs share that send, wait and prove.
        downloads: fetches products, or finds their files.
        room: of the disk, for the products at work.

    Attributes:
        given_up: outcomes of products of which no Item was sent, by the id of the Item.
    """

    def __init__(
        self, ingest: Work, plan: ProductPlan, downloads: Downloads, staging: ProductStaging, room: Room
    ) -> None:
        self.ingest = ingest
        self.plan = plan
        self.downloads = downloads
        self.staging = staging
        self.room = room
        self.given_up: dict[str, ItemOutcome] = {}
        self._files: dict[str, DownloadedProduct] = {}
        self._lock = threading.Lock()

    def keep(self, item_id: str, downloaded: DownloadedProduct) -> None:
        """Remember the file of a product."""
        with self._lock:
            self._files[item_id] = downloaded

    @property
    def received(self) -> int:
        """Bytes that this run has downloaded."""
        begun = self.ingest.run.asked_at
        return sum(file.fetched for file in list(self._files.values()) if file.downloaded >= begun)

    def file_of(self, item_id: str) -> DownloadedProduct:
        """Return the file of a product that was downloaded."""
        return self._files[item_id]

    def give_up(self, item_id: str, failure: Failure, state: ProductState = ProductState.FAILED) -> ItemOutcome:
        """Record that no Item of a product is sent, and why; return the outcome."""
        outcome = ItemOutcome(item_id=item_id, state=ItemState.FAILED, failure=failure)
        self.given_up[item_id] = outcome
        self.ingest.run.record([outcome])
        self.note([item_id], state, failure)
        self.ingest.progress.settle([item_id])
        return outcome

    def note(self, item_ids: list[str], state: ProductState, failure: Failure | None = None) -> None:
        """Record how far products are."""
        files = {item_id: self._files.get(item_id) for item_id in item_ids}
        changes = [ProductChange(self._product(id_), state, failure, file) for id_, file in files.items()]
        run = self.ingest.run
        run.ledger.record_products(run.run_id, self.ingest.collection_id, changes)

    def end(self, outcomes: list[ItemOutcome]) -> None:
        """Record what became of products; files of what is proven are removed.

        Raises:
            TransientError, LedgerUnusable, OSError: not all of it was done.
        """
        self.ingest.progress.settle(outcome.item_id for outcome in outcomes)
        self._record_unsent([each for each in outcomes if each.is_failed and each.item_id not in self.given_up])
        for outcome in outcomes:
            if outcome.state is ItemState.PROVEN:
                self.note([outcome.item_id], ProductState.PROVEN)
                self.plan.spare.remove(self._product(outcome.item_id).name)
            elif outcome.is_failed and outcome.item_id not in self.given_up:
                self.note([outcome.item_id], ProductState.FAILED, outcome.failure)

    def _record_unsent(self, failed: list[ItemOutcome]) -> None:
        """Write down Items that a step broke off before they were sent; of those that were, the ledger knows more."""
        known = self.ingest.run.entries([outcome.item_id for outcome in failed])
        self.ingest.run.record([each for each in failed if self._is_unsent(each, known.get(each.item_id))])

    def _is_unsent(self, outcome: ItemOutcome, entry: Entry | None) -> bool:
        if outcome.submitted or entry is None:
            return not outcome.submitted
        if entry.state is ItemState.PROVEN:  # perhaps of an older processing
            return entry.fingerprint != self.ingest.run.facts[outcome.item_id].fingerprint
        is_known = entry.state is outcome.state and entry.failure == outcome.failure
        return entry.state not in SENT and not is_known

    def leave(self, batch: Batch) -> None:
        """Give the room of a batch to others; files that are still there stay while nobody else needs theirs."""
        names = [self._product(item_id).name for item_id in batch.item_ids]
        self.room.leave(batch.item_ids[0], sum(bytes_of(name, self.plan.spare.folder) for name in names))
        self.plan.spare.add(names)

    def _product(self, item_id: str) -> Product:
        return self.plan.products.get(item_id) or self.plan.held[item_id]
