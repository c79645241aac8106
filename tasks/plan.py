"""What is there to do: the source's Items minus those that the catalog has."""

from dataclasses import dataclass, field
from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from ledger.records import Entry
from models.area import Area, JsonDict
from models.delivery import Delivery
from models.errors import TooManyItems
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from models.requests import IngestRequest
from settings import get_settings
from stac.containers import Container, containers_of
from stac.item import preflight, stripped_assets, to_geocatalog_item
from tasks.areas import resolve_areas
from tasks.connect import geocatalog, planetary_computer
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.run_record import RunRecorder
from tasks.source_search import SourceSearch

SINGLE_ITEMS = 150
"""Items up to which each is submitted, waited for and proven by task runs of its own."""
BATCH_SIZE = 100
"""Items of a FeatureCollection above that; what other clients of the service send."""
UNDONE = (ItemState.PLANNED, ItemState.SUBMITTED, ItemState.FAILED)
"""States of an Item of which the catalog need not have what was sent, or was to be sent."""
MAX_ITEMS = 16_000
"""Items of one run: 160 batches by three task runs stay below 500 task runs, which Prefect records without loss."""


@dataclass(frozen=True)
class Batch:
    """Items that take one way through submit, wait and prove.

    Attributes:
        replaces: whether the catalog has them, in an older form.
    """

    number: int
    item_ids: tuple[str, ...]
    replaces: bool = False

    @property
    def label(self) -> str:
        """The Item's id, or the batch's number and size: the name of its task runs."""
        return self.item_ids[0] if len(self.item_ids) == 1 else f"batch {self.number} ({len(self.item_ids)} Items)"

    @property
    def present(self) -> list[ItemOutcome]:
        """The Items as ingested: the catalog had them before."""
        return [ItemOutcome(item_id=item_id, state=ItemState.INGESTED) for item_id in self.item_ids]


def batches_of(item_ids: list[str], size: int = BATCH_SIZE, *, replaces: bool = False) -> list[Batch]:
    """Return the ids in batches of at most `size`."""
    starts = range(0, len(item_ids), size)
    return [Batch(number, tuple(item_ids[at : at + size]), replaces) for number, at in enumerate(starts, 1)]


@dataclass
class Plan:
    """What a run does.

    Attributes:
        done: ids of Items that an earlier run proved, and that the source has not changed since: nothing to do.
        changed: ids of Items that an earlier run proved, but that the source has changed since.
        present: ids of Items that the catalog has, unproven as far as the ledger knows: proven now, not sent.
        planned: ids of Items to send.
        replaced: ids of changed Items to send in the place of those that the catalog has.
        rejected: outcomes of Items that break a limit of the GeoCatalog.
        containers: where the assets of the Items lie that are to be sent.
        stripped: keys of assets that were left out.
        limited: whether the source has more Items than the request's maximum.
        gone: ids that were asked for, but that the source does not have any more.
    """

    done: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    rejected: list[ItemOutcome] = field(default_factory=list)
    containers: set[Container] = field(default_factory=set)
    stripped: set[str] = field(default_factory=set)
    limited: bool = False
    gone: list[str] = field(default_factory=list)

    @property
    def matched(self) -> int:
        """Items of the source that match the request."""
        sent = len(self.planned) + len(self.replaced)
        return len(self.done) + len(self.changed) + len(self.present) + sent + len(self.rejected)

    @property
    def is_single(self) -> bool:
        """Tell whether each Item gets task runs of its own."""
        return len(self.planned) + len(self.replaced) <= SINGLE_ITEMS

    @property
    def batches(self) -> list[Batch]:
        """Batches to send."""
        size = 1 if self.is_single else BATCH_SIZE
        return batches_of(self.planned, size) + batches_of(self.replaced, size, replaces=True)

    @property
    def present_batches(self) -> list[Batch]:
        """Batches to prove only."""
        return batches_of(self.present)

    def proof_of(self, request: Delivery) -> str:
        """Return of which Items the assets are read back: all, sample or none."""
        if request.proof != "auto":
            return request.proof
        return "all" if self.matched <= SINGLE_ITEMS else "sample"


def make_plan(
    request: IngestRequest,
    search: SourceSearch,
    areas: list[Area],
    catalog: GeoCatalog,
    run: RunRecorder,
    blob_root: str | None,
    *,
    most: int = MAX_ITEMS,
) -> Plan:
    """Search the source, keep what may be sent in the spool, and compare with ledger and catalog.

    Args:
        most: Items that one run takes.

    Raises:
        TooManyItems: more Items match than one run takes.
        SearchTruncated: the source does not give all Items.
    """
    plan, needed = Plan(), {}
    shared: dict[frozenset[Container], frozenset[Container]] = {}  # many Items lie in few containers
    cql, ids = request.condition, request.item_ids or ()
    for item in search.items(request.source_collection, areas, *run.window, cql=cql, ids=ids):
        if len(run.spool) >= (request.max_items or most):
            plan.limited = True
            break
        sent = to_geocatalog_item(item, request.collection_id, blob_root)
        if _receive(item, sent, run, plan):
            where = frozenset(containers_of(sent, blob_root))
            needed[item["id"]] = shared.setdefault(where, where)
    if plan.limited and (request.max_items or most + 1) > most:
        raise TooManyItems(
            f"More than {most:,} Items match, which is more than one run takes:"
            " narrow datetime_range or the area, run several, or use the flow backfill."
        )
    plan.gone = search.missing_ids
    _sort(list(needed), plan, request, catalog, run)
    plan.containers = set().union(*(needed[item_id] for item_id in [*plan.planned, *plan.replaced]))
    return plan


def _sort(item_ids: list[str], plan: Plan, request: IngestRequest, catalog: GeoCatalog, run: RunRecorder) -> None:
    """Put each Item where it belongs, by what the ledger knows of it, and else by what the catalog has."""
    entries = run.entries(item_ids)
    unknown: list[str] = []
    for item_id in item_ids:
        where = place(plan, request, entries.get(item_id), run.facts[item_id].fingerprint)
        (unknown if where is None else where).append(item_id)
    held = catalog.stac.existing_ids(request.collection_id, unknown)
    plan.present = [item_id for item_id in unknown if item_id in held]
    plan.planned = [item_id for item_id in unknown if item_id not in held]


def place(plan: Plan, request: Delivery, entry: Entry | None, fingerprint: str) -> list[str] | None:
    """Return where the ledger puts an Item; None if the catalog has to be asked."""
    if entry is None:
        return None
    if entry.replaces and entry.state in UNDONE:
        return plan.replaced  # what the catalog has, if anything, is the older one
    if entry.state is ItemState.UNPROVEN and entry.code == "DiffersFromSource":
        return plan.replaced if request.replace_changed else None
    if entry.state is not ItemState.PROVEN:
        return None
    if entry.fingerprint == fingerprint:
        return plan.done
    return plan.replaced if request.replace_changed else plan.changed


def _receive(item: JsonDict, sent: JsonDict, run: RunRecorder, plan: Plan) -> bool:
    """Keep an Item for sending; tell whether the GeoCatalog can be expected to take it."""
    run.receive(item, sent)
    plan.stripped |= stripped_assets(item, sent)
    if problems := preflight(sent):
        failure = Failure.of("PreflightRejected", f"It was not sent: {'; '.join(problems)}.")
        plan.rejected.append(ItemOutcome(item_id=item["id"], state=ItemState.REJECTED, failure=failure))
        return False
    return True


def plan_sentence(plan: Plan, request: IngestRequest) -> str:
    """Return what is to be done, in one sentence."""
    counts = {
        "proven by earlier runs": len(plan.done),
        "changed at the source since": len(plan.changed),
        "in the catalog already": len(plan.present),
        "to ingest": len(plan.planned),
        "to replace": len(plan.replaced),
        "rejected": len(plan.rejected),
        "gone from the source": len(plan.gone),
    }
    named = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to do"
    limited = f" (stopped at the maximum of {request.max_items})" if plan.limited else ""
    return f"{plan.matched} Items match: {named}{limited}"


@task(name="plan", task_run_name="plan: source minus catalog", **RETRIED, **UNCACHED)
def plan_ingest(request: IngestRequest, run: Any) -> Plan:
    """Return what is to be done for the request; the Items themselves are in the run's spool (`RunRecorder`)."""
    run.forget_items()  # of an attempt of this task that broke off
    settings = get_settings()
    areas = resolve_areas(request, settings.areas_dir)
    search = SourceSearch(planetary_computer())
    plan = make_plan(request, search, areas, geocatalog(), run, settings.blob_root)
    run.record(plan.rejected)
    run.record_gone(plan.gone)
    say(plan_sentence(plan, request))
    return plan
