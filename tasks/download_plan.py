"""What there is to download: the products that match, minus those whose files are here; and room for the rest."""

from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from pathlib import Path
from tempfile import TemporaryFile

from prefect import task

from clients.copernicus.disk import gigabytes
from clients.copernicus.errors import offline
from clients.copernicus.manifest import find_downloaded
from clients.copernicus.product_files import missing_bytes
from ledger.records import utc_now
from models.copernicus import Product, ProductOutcome, ProductState
from models.copernicus_request import MAX_PRODUCTS, CopernicusQuery, DownloadCopernicusRequest
from models.errors import InvalidRequest, TooManyItems
from models.failure import Failure, FailureClass
from settings import get_copernicus_settings, get_ledger_settings
from tasks.areas import resolve_areas
from tasks.copernicus_connect import copernicus_catalogue, copernicus_stac, disk_budget
from tasks.copernicus_search import ProductSearch
from tasks.copernicus_stac_search import StacProductSearch
from tasks.product_run import ProductRun
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED
from tasks.window import Window

TASK_RUNS = 150
"""Most task runs that download in one flow run; above so many products, each takes several, one after the other."""


@dataclass(frozen=True)
class Batch:
    """Products that one task run downloads, one after the other."""

    number: int
    products: tuple[Product, ...]

    @property
    def label(self) -> str:
        """The product's name, or the batch's number and size: the name of its task run."""
        one = len(self.products) == 1
        return self.products[0].name if one else f"batch {self.number} ({len(self.products)} products)"


@dataclass
class DownloadPlan:
    """What a run has to do.

    Attributes:
        settled: outcomes of products that need no download: here already, or gone.
        wanted: products to download.
        limited: True if more match than the maximum asked for.
    """

    folder: Path
    settled: list[ProductOutcome] = field(default_factory=list)
    wanted: list[Product] = field(default_factory=list)
    limited: bool = False

    @property
    def batches(self) -> list[Batch]:
        """The products to download, one in each batch, or several if they are many."""
        size = ceil(len(self.wanted) / TASK_RUNS) or 1
        parts = (self.wanted[first : first + size] for first in range(0, len(self.wanted), size))
        return [Batch(number, tuple(part)) for number, part in enumerate(parts, 1)]

    @property
    def missing_bytes(self) -> int:
        """Bytes that are to be received, of the products whose size is known."""
        return sum(missing_bytes(product, self.folder) for product in self.wanted if product.size is not None)


def search_products(query: CopernicusQuery, window: Window) -> tuple[list[Product], list[str], bool]:
    """Return the products that match, ids that were named and do not exist, and whether a maximum cut the search.

    Raises:
        TooManyItems: more match than one run takes.
        InvalidRequest, SearchTruncated, TransientError, RefusedError: as `ProductSearch`.
    """
    search = ProductSearch(copernicus_catalogue(), utc_now())
    areas = resolve_areas(query, get_ledger_settings().areas_dir)
    by_stac = get_copernicus_settings().search == "stac" and not query.product_ids
    matching = (StacProductSearch(copernicus_stac()) if by_stac else search).products(query, areas, *window)
    most = query.max_products or MAX_PRODUCTS
    products = list(islice(matching, most))
    limited = next(matching, None) is not None
    if limited and query.max_products is None:
        raise TooManyItems(
            f"More than {MAX_PRODUCTS:,} products match, which one run does not take: ask for a shorter time or a"
            " smaller area, or set max_products."
        )
    return products, search.missing_ids, limited


def folder_of(request: DownloadCopernicusRequest) -> Path:
    """Return the folder of the files, absolute."""
    return Path(request.folder or get_copernicus_settings().folder).expanduser().absolute()


@task(name="plan-downloads", task_run_name="plan downloads of {request.collection}", **UNCACHED, **RETRIED)
def plan_downloads(request: DownloadCopernicusRequest, run: ProductRun) -> DownloadPlan:
    """Search the catalogue, look what is here, and check that there is room for the rest.

    Raises:
        NoSpace: there is not; the message names bytes needed and free.
        TooManyItems, InvalidRequest, SearchTruncated: as `search_products`.
    """
    products, gone, limited = search_products(request, run.window)
    run.found(products)
    plan = DownloadPlan(writable(folder_of(request)), [_gone(product_id) for product_id in gone], limited=limited)
    known = [(product, _settled(product, plan.folder)) for product in products]
    settled = [(product, outcome) for product, outcome in known if outcome is not None]
    run.ended(settled)
    plan.settled += [outcome for _, outcome in settled]
    plan.wanted += [product for product, outcome in known if outcome is None]
    needed = plan.missing_bytes
    disk_budget(plan.folder).require(needed)
    here = sum(outcome.was_there for _, outcome in settled)
    say(f"{len(products)} products match: {here} are in {plan.folder}, {gigabytes(needed)} to receive")
    return plan


def writable(folder: Path) -> Path:
    """Return the folder, which is made if there is none.

    Raises:
        InvalidRequest: files cannot be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InvalidRequest(f"Files cannot be written in {folder} ({error.strerror}): name another folder.") from None


def _settled(product: Product, folder: Path) -> ProductOutcome | None:
    """Return the outcome of a product that needs no download, or that cannot be had."""
    found = ProductOutcome(product_id=product.product_id, name=product.name, state=ProductState.FOUND)
    downloaded = find_downloaded(product, folder)
    if downloaded is not None:
        return found.model_copy(update={"state": ProductState.DOWNLOADED, "was_there": True, "downloaded": downloaded})
    if product.online:
        return None
    return found.model_copy(update={"state": ProductState.OFFLINE, "failure": offline(product).failure})


def _gone(product_id: str) -> ProductOutcome:
    message = f"The catalogue has no product {product_id} (any more)."
    failure = Failure(code="ProductGone", message=message, kind=FailureClass.PERMANENT)
    return ProductOutcome(product_id=product_id, name=product_id, state=ProductState.FAILED, failure=failure)
