"""Show what the ledger knows of a Collection, as artifacts."""

from prefect import flow

from models.requests import LedgerRequest
from tasks.check import check_geocatalog, require_collection
from tasks.report_ledger import publish_ledger


@flow(name="show-ledger", flow_run_name="ledger of {request.collection_id}")
def show_ledger(request: LedgerRequest) -> None:
    """Publish runs, open Items, failures by cause and states, as tables; `geocatalog ledger` prints the same.

    Args:
        request: of which Collection.
    """
    check_geocatalog()
    require_collection(request.collection_id)
    publish_ledger(request.collection_id)
