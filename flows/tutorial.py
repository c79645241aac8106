"""All the steps of Microsoft's Planetary Computer Pro tutorial, in one run."""

import time

from prefect import flow

from flows.ingest_items import ingest_items
from flows.onboard_collection import onboard_collection
from flows.remove_collection import remove_collection
from models.errors import InvalidRequest
from models.reports import TutorialReport
from models.requests import IngestRequest, OnboardRequest, RemoveRequest, TutorialRequest


@flow(name="tutorial", flow_run_name="tutorial {request.source_collection}")
def tutorial(request: TutorialRequest) -> TutorialReport:
    """Create a Collection, ingest six Sentinel-2 Items, prove and show them, and remove it all again if asked.

    Args:
        request: the tutorial's own values by default.
    """
    started = time.monotonic()
    onboarded = onboard_collection(
        OnboardRequest(source_collection=request.source_collection, collection_id=request.collection_id)
    )
    if request.remove and onboarded.action != "created":
        raise InvalidRequest(
            f"The Collection {onboarded.collection_id} was there before, so that it is not removed afterwards:"
            " leave collection_id empty, or leave remove off."
        )
    ingested = ingest_items(
        IngestRequest(
            collection_id=onboarded.collection_id,
            source_collection=request.source_collection,
            bbox=request.bbox,
            datetime_range=request.datetime_range,
            max_items=request.max_items,
            verify_asset="B09" if request.source_collection == "sentinel-2-l2a" else None,
        )
    )
    report = TutorialReport(onboard=onboarded, ingest=ingested)
    if request.remove:
        removal = RemoveRequest(
            collection_id=onboarded.collection_id, dry_run=False, source_ids=ingested.sources_created
        )
        report.remove = remove_collection(removal)
    report.seconds = round(time.monotonic() - started, 1)
    return report
