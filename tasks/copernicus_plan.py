"""Which products are to be ingested: those of the Copernicus catalogue minus those that the GeoCatalog has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import task

from clients.copernicus.product_files import bytes_of
from clients.geocatalog import GeoCatalog
from ledger.products import ProductChange
from ledger.records import Entry
from models.area import JsonDict
from models.copernicus import Product, ProductState
from models.copernicus_ingest import IngestCopernicusRequest
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from settings import get_copernicus_settings
from stac.copernicus_item import fingerprint_in, is_unpacked, item_id_of, item_of, product_fingerprint
from stac.item import preflight
from tasks.connect import geocatalog
from tasks.copernicus_connect import copernicus_catalogue, disk_budget
from tasks.copernicus_search import reread
from tasks.download_plan import search_products, writable
from tasks.ledger import copernicus_ledger, ledger
from tasks.plan import Batch, Plan, batches_of, place
from tasks.product_staging import remove_abandoned
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.run_record import RunRecorder
from tasks.spare_files import SpareFiles, look_for_spare_files

CHAINS = 80
"""Products, or groups of them, that take their five task runs each: 400 of them stay below 500 of a flow run."""
UNKNOWN_SIZE = 1_000_000_000
"""Bytes that a product is taken to have where the catalogue does not say: a Sentinel-2 L2A product."""
UNPACKED_SIZE = 2.3
"""Bytes on the disk per byte of a zip that is unpacked: the zip, its files, and a converted band."""


@dataclass
class ProductPlan(Plan):
    """What a run does with products; the Items of the base class are those that they will become.

    Attributes:
        products: those to be brought, by the id of their Item.
        offline: names of products that lie in the archive only.
        superseded: names of products of which a later processing matched too.
        here: bytes of files of the products, whole or in part, that an earlier run left, by the id of the Item.
        held: products of which the catalog has the Item already, by its id: to be proven.
        spare: files of other products, which may go.
    """

    products: dict[str, Product] = field(default_factory=dict)
    offline: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    here: dict[str, int] = field(default_factory=dict)
    held: dict[str, Product] = field(default_factory=dict)
    spare: SpareFiles = field(default_factory=lambda: SpareFiles(Path()))

    def look(self, folder: Path) -> None:
        """See which files of the products are here; those products come first, so that they make room."""
        self.here = {item_id: bytes_of(product.name, folder) for item_id, product in self.products.items()}
        for item_ids in (self.planned, self.replaced):
            item_ids.sort(key=lambda item_id: not self.here[item_id])  # stable: else in the order of the search

    @property
    def batches(self) -> list[Batch]:
        """Products that take one way together: one each, or as many as it needs for there to be few enough ways."""
        size = -(-(len(self.planned) + len(self.replaced)) // CHAINS) or 1
        return batches_of(self.planned, size) + batches_of(self.replaced, size, replaces=True)

    @property
    def most_needed(self) -> int:
        """Bytes that the largest of the batches needs on the disk, once what is here has made room."""
        most = max((self.needed(batch) for batch in self.batches), default=0)
        return most - sum(self.here.values()) - self.spare.size

    def bytes_here(self, batch: Batch) -> int:
        """Return the bytes of the files of a batch that are here."""
        return sum(self.here.get(item_id, 0) for item_id in batch.item_ids)

    def needed(self, batch: Batch) -> int:
        """Return the bytes that the products of a batch need on the disk, unpacked one after the other."""
        sizes = [(self.products[item_id], self.products[item_id].size or UNKNOWN_SIZE) for item_id in batch.item_ids]
        unpacked = [round(size * (UNPACKED_SIZE - 1)) for product, size in sizes if is_unpacked(product)]
        return sum(size for _, size in sizes) + max(unpacked, default=0)


class ProductPlanner:
    """Sorts the products of a search by what there is to do."""

    def __init__(self, request: IngestCopernicusRequest, catalog: GeoCatalog, run: RunRecorder) -> None:
        self._request = request
        self._catalog = catalog
        self._run = run

    def plan(self, found: Iterable[Product]) -> ProductPlan:
        """Return what is to be done."""
        plan = ProductPlan()
        latest: dict[str, Product] = {}
        for product in found:
            if not product.online:
                plan.offline.append(product.name)
            elif problem := self._expect(product):
                plan.rejected.append(problem)
            else:
                self._keep_latest(product, latest, plan)
        self._run.ledger.record_found(self._run.run_id, self._request.collection_id, list(latest.values()))
        for item_id, product in latest.items():
            self._run.expect(item_id, product_fingerprint(product), product.start)
        self._sort(latest, plan)
        return plan

    def _expect(self, product: Product) -> ItemOutcome | None:
        """Return why no Item can be made of a product, before it is downloaded."""
        item_id = item_id_of(product)
        try:
            item = item_of(product)
        except ValueError as error:
            problems = [str(error)]
        else:
            problems = preflight({**item, "assets": {"product": {"href": "https://host/file"}}})
        if not problems:
            return None
        self._run.expect(item_id, product_fingerprint(product), product.start)
        failure = Failure.of("PreflightRejected", f"It was not downloaded: {'; '.join(problems)}.")
        return ItemOutcome(item_id=item_id, state=ItemState.REJECTED, failure=failure)

    def _keep_latest(self, product: Product, latest: dict[str, Product], plan: ProductPlan) -> None:
        """Of two processings of the same scene, keep the later: they are one Item."""
        item_id = item_id_of(product)
        other = latest.get(item_id)
        if other is None:
            latest[item_id] = product
            return
        newer, older = (product, other) if _age(product) > _age(other) else (other, product)
        latest[item_id] = newer
        plan.superseded.append(older.name)

    def _sort(self, latest: dict[str, Product], plan: ProductPlan) -> None:
        entries = self._run.entries(latest)
        unknown = [item_id for item_id in latest if not self._placed(item_id, entries.get(item_id), plan)]
        held = {item["id"]: item for item in self._catalog.stac.get_items(self._request.collection_id, unknown)}
        for item_id in unknown:
            self._place_by_catalog(item_id, held.get(item_id), plan)
        plan.products = {item_id: latest[item_id] for item_id in (*plan.planned, *plan.replaced)}
        plan.held = {item_id: latest[item_id] for item_id in plan.present}
        self._note_done({latest[item_id].product_id: latest[item_id] for item_id in plan.done})

    def _note_done(self, done: dict[str, Product]) -> None:
        """Write down what a run that broke off could not: that products are proven, since their Items are."""
        run, collection_id = self._run, self._request.collection_id
        known = run.ledger.products(collection_id, done)
        late = [id_ for id_, entry in known.items() if entry.state is not ProductState.PROVEN]
        if late:
            changes = [ProductChange(done[id_], ProductState.PROVEN) for id_ in late]
            run.ledger.record_products(run.run_id, collection_id, changes)

    def _placed(self, item_id: str, entry: Entry | None, plan: ProductPlan) -> bool:
        where = place(plan, self._request, entry, self._run.facts[item_id].fingerprint)
        if where is not None:
            where.append(item_id)
        return where is not None

    def _place_by_catalog(self, item_id: str, held: JsonDict | None, plan: ProductPlan) -> None:
        """Place an Item by what the catalog has: one that was made of the same file need not be brought again."""
        if held is None:
            plan.planned.append(item_id)
        elif fingerprint_in(held) == self._run.facts[item_id].fingerprint:
            self._run.spool.append(held)
            plan.present.append(item_id)
        else:
            (plan.replaced if self._request.replace_changed else plan.changed).append(item_id)


def _age(product: Product) -> tuple[datetime, str]:
    """Return what is greater of a later processing: the name of a product ends with when it was made."""
    return product.published or datetime.min.replace(tzinfo=UTC), product.name


def plan_sentence(plan: ProductPlan) -> str:
    """Return what is to be done, in one sentence."""
    counts = {
        "proven by earlier runs": len(plan.done),
        "processed again since": len(plan.changed),
        "in the catalog already": len(plan.present),
        "to bring": len(plan.planned),
        "to replace": len(plan.replaced),
        "rejected": len(plan.rejected),
    }
    named = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to do"
    apart = {"offline": len(plan.offline), "superseded by later processings": len(plan.superseded)}
    beside = "".join(f", {count} {what}" for what, count in apart.items() if count)
    return f"{plan.matched} products match: {named}{beside}"


@task(name="plan", task_run_name="plan: Copernicus minus catalog", **RETRIED, **UNCACHED)
def plan_products(request: IngestCopernicusRequest, run: Any) -> ProductPlan:
    """Return what is to be done for the request; the largest of its products has room on the disk.

    Raises:
        NoSpace: it has not; the message names bytes needed and free.
        TooManyItems, InvalidRequest, SearchTruncated: as `search_products`.
    """
    run.forget_items()  # of an attempt of this task that broke off
    products, gone, limited = search_products(request, run.window)
    if (
        get_copernicus_settings().search == "stac" and not request.product_ids
    ):  # else Items would be others than OData's
        products, unknown = reread(copernicus_catalogue(), products)
        gone = [*gone, *unknown]
    plan = ProductPlanner(request, geocatalog(), run).plan(products)
    plan.gone, plan.limited = gone, limited
    folder = writable(get_copernicus_settings().folder.expanduser().absolute())
    remove_abandoned(folder)
    plan.look(folder)
    at_work = [product.name for product in (*plan.products.values(), *plan.held.values())]
    plan.spare = look_for_spare_files(folder, run.run_id, at_work, ledger(), copernicus_ledger())
    disk_budget(folder).require(plan.most_needed)
    run.record(plan.rejected)
    say(plan_sentence(plan))
    return plan
