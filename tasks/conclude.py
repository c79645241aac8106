"""The report of an ingest, and the state in which its flow run ends."""

from typing import TypeVar, cast

from prefect.states import Completed

from models.delivery import Delivery
from models.errors import RunFailed
from models.outcomes import ItemState
from models.reports import IngestReport, ItemsFailed
from tasks.explorer import explorer_url
from tasks.ingestion_source import Registration
from tasks.plan import Plan
from tasks.verify import LOOKED_AT, verify_ingest

Report = TypeVar("Report", bound=IngestReport)


def described(plan: Plan, request: Delivery, sources: list[Registration]) -> IngestReport:
    """Return the report as far as it is known before Items are sent."""
    return IngestReport(
        collection_id=request.collection_id,
        matched=plan.matched,
        done=len(plan.done),
        changed=plan.changed,
        gone=plan.gone,
        present=len(plan.present),
        planned=len(plan.planned) + len(plan.replaced),
        limited=plan.limited,
        proof=plan.proof_of(request),
        sources_created=[source.source_id for source in sources if source.action == "created"],
        stripped_assets=sorted(plan.stripped),
        explorer_url=explorer_url(request.collection_id),
    )


def verified(report: IngestReport, request: Delivery) -> IngestReport:
    """Return the report with the verification of one of its proven Items, or with the reason why it failed."""
    proven = [outcome.item_id for outcome in report.outcomes if outcome.state is ItemState.PROVEN]
    if not proven:
        return report
    state = verify_ingest(request, proven[:LOOKED_AT], return_state=True)
    if state.is_completed():
        return report.model_copy(update={"verification": state.result()})
    return report.model_copy(update={"problem": str(state.result(raise_on_failure=False))})


def conclude(report: Report) -> Report:
    """Return the report of a run that did what was asked.

    A run that found nothing to do ends as Completed too, but by the name of NoMatches: neither an error nor a success
    in disguise.

    Raises:
        ItemsFailed: at least one Item is not as requested.
        RunFailed: the verification failed.
    """
    report = report.trimmed()
    if report.failed:
        raise ItemsFailed(report)
    if report.problem:
        raise RunFailed(report.problem)
    if not report.matched:
        # A state returned by a flow becomes the run's state, and its data the flow's result.
        return cast(Report, Completed(name="NoMatches", message=report.sentence, data=report))
    return report
