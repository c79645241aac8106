"""Begin an ingest: its record in the ledger, its ingestion sources, its progress."""

from ledger.records import utc_now
from models.delivery import Delivery
from models.requests import IngestRequest
from stac.configuration import slug
from tasks.ingestion_source import Registration, SourceRegistry, registry_for
from tasks.ledger import ledger
from tasks.plan import Plan
from tasks.progress import Progress
from tasks.register import register_sources
from tasks.run_record import RunRecorder
from tasks.source_lease import SourceLease
from tasks.spool import ItemSpool
from tasks.window import window_of
from tasks.work import Work


def recorded_run(request: Delivery, spool: ItemSpool, flow: str = "ingest-items") -> RunRecorder:
    """Return the record of a run that begins now."""
    return RunRecorder(ledger(), request, spool, window_of(request, ledger(), utc_now()), utc_now, flow)


def begin_work(plan: Plan, request: IngestRequest, run: RunRecorder) -> tuple[Work, list[Registration]]:
    """Register the ingestion sources that the Items need, and return what all task runs of the ingest share."""
    return begin_delivery(plan, request, run, registry_for(request, plan.containers))


def begin_delivery(
    plan: Plan, request: Delivery, run: RunRecorder, registry: SourceRegistry
) -> tuple[Work, list[Registration]]:
    """Do the same for Items whose containers are registered in another way."""
    lease = SourceLease(registry, plan.containers)
    registered = register_sources(lease)
    progress = Progress(plan.matched).publish(f"{slug(request.collection_id)}-progress")
    progress.settle([*plan.done, *plan.changed, *(outcome.item_id for outcome in plan.rejected)])
    work = Work(request=request, spool=run.spool, progress=progress, proof=plan.proof_of(request), run=run, lease=lease)
    return work, registered
