"""Begin an ingest of products: where they are staged, how the GeoCatalog reads them, and the room on the disk."""

from collections.abc import Sequence

from prefect import task

from clients.copernicus.disk import DiskBudget
from ledger.products import ProductChange
from models.copernicus import Product, ProductOutcome, ProductState
from models.copernicus_ingest import IngestCopernicusRequest
from settings import get_copernicus_settings, get_settings
from stac.configuration import slug
from tasks.begin import begin_delivery
from tasks.copernicus_connect import connection_slots, disk_budget, downloader
from tasks.copernicus_plan import ProductPlan
from tasks.copernicus_work import CopernicusWork
from tasks.download_products import Downloads
from tasks.ingestion_source import Registration
from tasks.product_staging import ProductStaging
from tasks.retries import UNCACHED
from tasks.room import Room
from tasks.run_record import RunRecorder
from tasks.staging import Staging, staging_of, staging_registry
from tasks.transfer_progress import TransferProgress


def staging_for(request: IngestCopernicusRequest) -> Staging:
    """Return the staging container of a request.

    Raises:
        SettingsMissing: it is not set, or not usable.
    """
    return staging_of(get_settings(), needs_sas=request.source_kind == "SasToken")


@task(name="check-staging", task_run_name="check staging container", **UNCACHED)
def check_product_staging(request: IngestCopernicusRequest) -> str:
    """Check the settings of the staging container, and return its URL; nothing is asked of it."""
    return staging_for(request).container.url


class ProductRecorder:
    """Writes into the ledger of an ingest how far downloads are."""

    def __init__(self, run: RunRecorder, collection_id: str) -> None:
        self._run = run
        self._collection_id = collection_id

    def began(self, product: Product) -> None:
        """A product is being received."""
        self._record([ProductChange(product, ProductState.DOWNLOADING)])

    def ended(self, products: Sequence[tuple[Product, ProductOutcome]]) -> None:
        """What became of products."""
        self._record([ProductChange(each, to.state, to.failure, to.downloaded) for each, to in products])

    def _record(self, changes: list[ProductChange]) -> None:
        self._run.ledger.record_products(self._run.run_id, self._collection_id, changes)


def begin_products(
    plan: ProductPlan, request: IngestCopernicusRequest, run: RunRecorder
) -> tuple[CopernicusWork, list[Registration]]:
    """Register the staging container, and return what all task runs of the ingest share."""
    settings = get_copernicus_settings()
    place = staging_for(request)
    plan.containers = {place.container}
    registry = staging_registry(place, request.source_kind, request.managed_identity)
    ingest, registered = begin_delivery(plan, request, run, registry)
    disk = disk_budget(settings.folder.expanduser().absolute())
    work = CopernicusWork(
        ingest=ingest,
        plan=plan,
        downloads=_downloads(plan, disk, ProductRecorder(run, request.collection_id), request.collection_id),
        staging=ProductStaging(place.blobs, request.convert_to_cog, settings.catalogue_url),
        room=Room(disk.available(), plan.spare.free),
    )
    return work, registered


def _downloads(plan: ProductPlan, disk: DiskBudget, recorder: ProductRecorder, collection_id: str) -> Downloads:
    connection_slots().create_limit()
    progress = TransferProgress(list(plan.products.values()))
    if plan.products:
        progress.publish(f"{slug(collection_id)}-downloads")
    return Downloads(
        downloader(), disk, disk.folder, recorder, progress, at_once=2 * get_copernicus_settings().connections
    )
