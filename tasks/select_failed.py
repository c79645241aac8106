"""Which Items failed, and how they were asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import task

from ledger.ledger import Ledger
from ledger.records import Entry, RunRecord, utc_now
from models.copernicus_ingest import IngestCopernicusRequest
from models.errors import InvalidRequest
from models.failure import FailureClass
from models.outcomes import ItemState
from models.requests import IngestRequest, RerunRequest
from tasks.id_parts import id_parts
from tasks.ledger import ledger
from tasks.progress import say
from tasks.retries import UNCACHED
from tasks.select_failed_downloads import require_one
from tasks.select_failed_products import is_of_product, product_ingests


@dataclass
class Selection:
    """Failed Items.

    Attributes:
        left_out: how many dead letters were not asked for.
        requests: the ingests that send them again, one or, of many Items, several for each Collection and source.
    """

    entries: list[Entry] = field(default_factory=list)
    left_out: int = 0
    requests: list[IngestRequest | IngestCopernicusRequest] = field(default_factory=list)

    @property
    def by_collection(self) -> dict[str, list[str]]:
        """Ids of the Items by Collection."""
        grouped: dict[str, list[str]] = {}
        for entry in self.entries:
            grouped.setdefault(entry.collection_id, []).append(entry.item_id)
        return grouped


def select(request: RerunRequest, known: Ledger, now: Callable[[], datetime] = utc_now) -> Selection:
    """Return what the request selects from the ledger.

    Raises:
        InvalidRequest: there is no such run or deployment in the ledger.
    """
    after = now() - timedelta(hours=request.max_age_hours) if request.max_age_hours else None
    run_id = _run_of(request, known)
    found = known.find(
        collection_id=request.collection_id,
        run_id=run_id,
        states=[ItemState(state) for state in request.states],
        codes=request.codes or None,
        kinds=request.classes or None,
        updated_after=after,
    )
    taken = [entry for entry in found if request.dead_letters or not _is_dead(entry)]
    of_products = [entry for entry in taken if is_of_product(entry)]
    others = [entry for entry in taken if not is_of_product(entry)]
    again = product_ingests(of_products, request, known, run_id, after)
    return Selection(taken, len(found) - len(taken), [*_requests(others, known), *again])


def _is_dead(entry: Entry) -> bool:
    return entry.kind is FailureClass.PERMANENT and entry.state is not ItemState.UNPROVEN


def _run_of(request: RerunRequest, known: Ledger) -> str | None:
    if request.run_id:
        return _one_run(request.run_id, known).run_id
    if not request.deployment:
        return None
    runs = known.runs(deployment=request.deployment, limit=1)
    if not runs:
        raise InvalidRequest(f"The ledger has no run of a deployment {request.deployment!r}: check its name.")
    return runs[0].run_id


def _one_run(named: str, known: Ledger) -> RunRecord:
    runs = known.runs_named(named)
    if not runs:
        raise InvalidRequest(f"The ledger has no run {named}: `geocatalog ledger --runs` lists them.")
    require_one(named, runs)
    return runs[0]


def _requests(entries: list[Entry], known: Ledger) -> list[IngestRequest]:
    """Return the ingests of each Collection and source, asked for as its latest run was, but by ids."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        groups.setdefault((entry.collection_id, entry.source_collection or ""), []).append(entry.item_id)
    return [
        _request(collection, source, part, known)
        for (collection, source), ids in groups.items()
        for part in id_parts(ids)
    ]


def _request(collection_id: str, source: str, item_ids: list[str], known: Ledger) -> IngestRequest:
    """Take over how the GeoCatalog may read the assets, from the latest run that asked the same source."""
    runs = known.runs(collection_id=collection_id, limit=50)
    asked = next((run.request for run in runs if run.request.get("source_collection", source) == source), {})
    kept = {name: asked[name] for name in ("source_kind", "managed_identity", "proof") if name in asked}
    return IngestRequest(collection_id=collection_id, source_collection=source, item_ids=item_ids, **kept)


@task(name="select-failed", task_run_name="select failed Items", **UNCACHED)
def select_failed(request: RerunRequest) -> Selection:
    """Return the failed Items that the request selects, and the ingests that send them again."""
    selection = select(request, ledger())
    apart = f"; left out as dead letters: {selection.left_out}" if selection.left_out else ""
    say(f"Failed Items selected: {len(selection.entries)}{apart}")
    return selection
