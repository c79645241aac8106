"""The report of an ingest of products."""

from models.copernicus_ingest import CopernicusIngestReport
from models.outcomes import ItemOutcome
from tasks.conclude import described, verified
from tasks.copernicus_work import CopernicusWork
from tasks.ingestion_source import Registration


def product_report(
    work: CopernicusWork, sources: list[Registration], outcomes: list[ItemOutcome]
) -> CopernicusIngestReport:
    """Return what was found, done and proved."""
    plan, request = work.plan, work.ingest.request
    counted = described(plan, request, sources).counted(outcomes)
    report = verified(counted, request)
    return CopernicusIngestReport(
        **report.model_dump(),
        offline=plan.offline,
        superseded=plan.superseded,
        received=work.received,
        sent=work.staging.sent,
        container_url=next(iter(plan.containers)).url,
        removed=plan.spare.removed,
    )
