"""What is there to do: the source's Items minus those that the catalog has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prefect import task

from clients.geocatalog import GeoCatalog
from clients.planetary_computer import PlanetaryComputer
from models.area import JsonDict
from models.errors import InvalidRequest
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState
from models.period import interval_of
from models.requests import IngestRequest
from settings import get_settings
from stac.containers import Container, containers_of
from stac.item import preflight, stripped_assets, to_geocatalog_item
from tasks.connect import geocatalog, planetary_computer
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.spool import ItemSpool

SINGLE_ITEMS = 150
"""Items up to which each is submitted, waited for and proven by task runs of its own."""
BATCH_SIZE = 100
"""Items of a FeatureCollection above that; what other clients of the service send."""
MAX_ITEMS = 16_000
"""Items of one run: 160 batches by three task runs stay below 500 task runs, which Prefect records without loss."""


@dataclass(frozen=True)
class Batch:
    """Items that take one way through submit, wait and prove."""

    number: int
    item_ids: tuple[str, ...]

    @property
    def label(self) -> str:
        """The Item's id, or the batch's number and size: the name of its task runs."""
        return self.item_ids[0] if len(self.item_ids) == 1 else f"batch {self.number} ({len(self.item_ids)} Items)"


@dataclass
class Plan:
    """What a run does.

    Attributes:
        present: ids of Items that the catalog has already: proven again, not sent again.
        planned: ids of Items to submit.
        rejected: outcomes of Items that break a limit of the GeoCatalog.
        containers: where the planned Items' assets lie.
        stripped: keys of assets that were left out.
        limited: whether the source has more Items than the request's maximum.
    """

    present: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    rejected: list[ItemOutcome] = field(default_factory=list)
    containers: set[Container] = field(default_factory=set)
    stripped: set[str] = field(default_factory=set)
    limited: bool = False

    @property
    def matched(self) -> int:
        """Items of the source that match the request."""
        return len(self.present) + len(self.planned) + len(self.rejected)

    @property
    def is_single(self) -> bool:
        """Tell whether each Item gets task runs of its own."""
        return len(self.planned) <= SINGLE_ITEMS

    @property
    def batches(self) -> list[Batch]:
        """Batches to submit."""
        return batches_of(self.planned, 1 if self.is_single else BATCH_SIZE)

    @property
    def present_batches(self) -> list[Batch]:
        """Batches to prove only."""
        return batches_of(self.present)

    def proof_of(self, request: IngestRequest) -> str:
        """Return of which Items the assets are read back: all, sample or none."""
        if request.proof != "auto":
            return request.proof
        return "all" if self.matched <= SINGLE_ITEMS else "sample"


def batches_of(item_ids: list[str], size: int = BATCH_SIZE) -> list[Batch]:
    """Return the ids in batches of at most `size`."""
    starts = range(0, len(item_ids), size)
    return [Batch(number, tuple(item_ids[start : start + size])) for number, start in enumerate(starts, 1)]


def search_query(request: IngestRequest) -> JsonDict:
    """Return the request as arguments of pystac-client's search."""
    conditions: list[JsonDict] = [request.filter] if request.filter else []
    if request.max_cloud_cover is not None:
        conditions.append({"op": "<=", "args": [{"property": "eo:cloud_cover"}, request.max_cloud_cover]})
    query: JsonDict = {"collections": [request.source_collection], "datetime": interval_of(request.datetime_range)}
    query |= {"bbox": request.bbox} if request.bbox else {"intersects": request.geometry}
    if conditions:
        both = conditions[0] if len(conditions) == 1 else {"op": "and", "args": conditions}
        query |= {"filter": both, "filter_lang": "cql2-json"}
    return query


def make_plan(
    request: IngestRequest, source: PlanetaryComputer, catalog: GeoCatalog, spool: ItemSpool, blob_root: str | None
) -> Plan:
    """Search the source, keep what is to be sent in the spool, and compare with the catalog.

    Raises:
        InvalidRequest: more Items match than one run takes.
    """
    plan = Plan()
    for item in _first_seen(source.search(**search_query(request)), spool):
        if len(spool) >= (request.max_items or MAX_ITEMS):
            plan.limited = True
            break
        _receive(item, request, spool, plan, blob_root)
    if plan.limited and (request.max_items or MAX_ITEMS + 1) > MAX_ITEMS:
        raise InvalidRequest(
            f"More than {MAX_ITEMS:,} Items match, which is more than one run takes:"
            " narrow datetime_range or the area, and run several."
        )
    held = catalog.stac.existing_ids(request.collection_id, plan.planned)
    plan.present = [item_id for item_id in plan.planned if item_id in held]
    plan.planned = [item_id for item_id in plan.planned if item_id not in held]
    return plan


def _first_seen(pages: Iterable[list[JsonDict]], spool: ItemSpool) -> Iterator[JsonDict]:
    """Yield each Item once: a source that changes while it is paged repeats some."""
    for page in pages:
        for item in page:
            if item["id"] not in spool:
                yield item


def _receive(item: JsonDict, request: IngestRequest, spool: ItemSpool, plan: Plan, blob_root: str | None) -> None:
    sent = to_geocatalog_item(item, request.collection_id, blob_root)
    spool.append(sent)
    plan.stripped |= stripped_assets(item, sent)
    if problems := preflight(sent):
        failure = Failure.of("PreflightRejected", f"It was not sent: {'; '.join(problems)}.")
        plan.rejected.append(ItemOutcome(item_id=item["id"], state=ItemState.REJECTED, failure=failure))
        return
    plan.planned.append(item["id"])
    plan.containers |= containers_of(sent, blob_root)


@task(name="plan", task_run_name="plan: source minus catalog", **RETRIED, **UNCACHED)
def plan_ingest(request: IngestRequest, spool: Any) -> Plan:
    """Return what is to be done for the request; the Items themselves are in the spool (an `ItemSpool`)."""
    plan = make_plan(request, planetary_computer(), geocatalog(), spool, get_settings().blob_root)
    say(
        f"{plan.matched} Items match: {len(plan.present)} in the catalog already, {len(plan.planned)} to ingest"
        + (f", {len(plan.rejected)} rejected" if plan.rejected else "")
        + (f" (stopped at the maximum of {request.max_items})" if plan.limited else "")
    )
    return plan
