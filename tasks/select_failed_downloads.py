"""Which Copernicus products were not downloaded, and how they were asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import task

from ledger.ledger import Ledger
from ledger.products import ProductEntry
from ledger.records import RunRecord, utc_now
from models.copernicus import NOT_DOWNLOADED
from models.copernicus_request import DownloadCopernicusRequest
from models.errors import InvalidRequest
from models.failure import FailureClass
from models.requests import RerunRequest
from tasks.id_parts import id_parts
from tasks.ledger import copernicus_ledger
from tasks.progress import say
from tasks.retries import UNCACHED


@dataclass
class DownloadSelection:
    """Products that were not downloaded.

    Attributes:
        left_out: how many were not asked for, since only a change of them helps (class permanent).
        requests: the downloads that ask again, one or, of many products, several for each Collection and folder.
    """

    entries: list[ProductEntry] = field(default_factory=list)
    left_out: int = 0
    requests: list[DownloadCopernicusRequest] = field(default_factory=list)

    @property
    def by_collection(self) -> dict[str, list[str]]:
        """Names of the products by Collection of the Copernicus catalogue."""
        grouped: dict[str, list[str]] = {}
        for entry in self.entries:
            grouped.setdefault(entry.source_collection, []).append(entry.name)
        return grouped


def require_one(named: str, runs: list[RunRecord]) -> None:
    """Refuse the beginning of an id that several runs share.

    Raises:
        InvalidRequest: as said; the message has their ids.
    """
    if len(runs) > 1:
        ids = ", ".join(run.run_id for run in runs[:3])
        raise InvalidRequest(f"The ids of {len(runs)} runs begin with {named} ({ids}): give more of the one you mean.")


def named_runs(request: RerunRequest, known: Ledger) -> list[RunRecord]:
    """Return the runs of downloads that the request names, newest first; none if it names something else.

    Raises:
        InvalidRequest: several runs have ids that begin so.
    """
    if request.run_id:
        runs = known.runs_named(request.run_id)
        require_one(request.run_id, runs)
        return runs
    if request.deployment:
        return known.runs(deployment=request.deployment, limit=1)
    return known.runs(collection_id=request.collection_id, limit=None) if request.collection_id else []


def select_downloads(
    request: RerunRequest, known: Ledger, now: Callable[[], datetime] = utc_now
) -> DownloadSelection | None:
    """Return what the request selects of downloads; None if it names no run, deployment or Collection of downloads."""
    runs = named_runs(request, known)
    if not runs:
        return None
    found = known.find_products(
        collection_id=request.collection_id,
        run_id=None if request.collection_id else runs[0].run_id,
        states=NOT_DOWNLOADED if "failed" in request.states else (),
        codes=request.codes or None,
        updated_after=now() - timedelta(hours=request.max_age_hours) if request.max_age_hours else None,
    )
    wanted = [entry for entry in found if not request.classes or _kind(entry) in request.classes]
    taken = [entry for entry in wanted if request.dead_letters or _kind(entry) is not FailureClass.PERMANENT]
    return DownloadSelection(taken, len(wanted) - len(taken), _requests(taken, runs))


def _kind(entry: ProductEntry) -> FailureClass | None:
    return entry.failure.kind if entry.failure else None


def _requests(entries: list[ProductEntry], runs: list[RunRecord]) -> list[DownloadCopernicusRequest]:
    """Return the downloads of each Collection and folder; the folder is that of the run that gave the product up."""
    folders = {run.run_id: run.request.get("folder") for run in runs}
    groups: dict[tuple[str, str | None], list[str]] = {}
    for entry in entries:
        groups.setdefault((entry.source_collection, folders.get(entry.run_id or "")), []).append(entry.product_id)
    return [
        DownloadCopernicusRequest(collection=collection, folder=folder, product_ids=part)
        for (collection, folder), ids in groups.items()
        for part in id_parts(ids)
    ]


@task(name="select-failed-downloads", task_run_name="select products that were not downloaded", **UNCACHED)
def select_failed_downloads(request: RerunRequest) -> DownloadSelection | None:
    """Return the products that the request selects, or None if it is not about downloads."""
    selection = select_downloads(request, copernicus_ledger())
    if selection is not None:
        say(f"{len(selection.entries)} products selected that were not downloaded")
    return selection
