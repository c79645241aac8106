"""Begin a run that downloads: its record in the ledger."""

from models.copernicus_request import DownloadCopernicusRequest
from tasks.ledger import copernicus_ledger
from tasks.product_run import ProductRun


def recorded_downloads(request: DownloadCopernicusRequest) -> ProductRun:
    """Return the record of a run that begins now."""
    return ProductRun(copernicus_ledger(), request)
