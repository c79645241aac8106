"""Create a Collection in the GeoCatalog and configure how it is shown."""

from prefect import flow

from models.reports import OnboardReport
from models.requests import OnboardRequest
from tasks.check import check_geocatalog
from tasks.collection import create_collection
from tasks.collection_id import choose_collection
from tasks.configuration import configure_collection
from tasks.explorer import explorer_url
from tasks.report import publish_onboard
from tasks.source_collection import fetch_mosaic_info, fetch_source_collection
from tasks.thumbnail import copy_thumbnail


@flow(name="onboard-collection", flow_run_name="onboard {request.source_collection}")
def onboard_collection(request: OnboardRequest) -> OnboardReport:
    """Take a Collection over from the Planetary Computer: metadata, thumbnail, render options, mosaics.

    Safe to repeat: what is already as requested is not written again.

    Args:
        request: which Collection, and how it is shown.
    """
    source_url = check_geocatalog()
    source = fetch_source_collection(source_url, request.source_collection)
    wanted = choose_collection(source, request)
    action = create_collection(wanted)
    thumbnail = copy_thumbnail(source, wanted["id"])
    info = fetch_mosaic_info(request.source_collection)
    configured = configure_collection(wanted["id"], info, request)

    report = OnboardReport(
        collection_id=wanted["id"],
        action=action,
        thumbnail=thumbnail is not None,
        render_options=configured.render_options,
        mosaics=configured.mosaics,
        changed=(["thumbnail"] if thumbnail else []) + configured.written,
        explorer_url=explorer_url(wanted["id"]),
    )
    publish_onboard(report)
    return report
