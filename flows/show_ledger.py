"""Show what the ledger knows of a Collection, as artifacts."""

from prefect import flow

from models.requests import LedgerRequest
from tasks.check import check_geocatalog, require_collection
from tasks.report_ledger import publish_history, publish_ledger


@flow(name="show-ledger", flow_run_name="ledger of {request.collection_id}")
def show_ledger(request: LedgerRequest) -> None:
    """Publish runs, open Items, failures by cause and states, as tables; or the history of one Item.

    `geocatalog ledger` prints the same.

    Args:
        request: of which Collection, or of which Item of it.

    Raises:
        InvalidRequest: the GeoCatalog has no such Collection, or the ledger knows no such Item.
    """
    check_geocatalog()
    require_collection(request.collection_id)
    if request.item_id is None:
        publish_ledger(request.collection_id)
    else:
        publish_history(request.collection_id, request.item_id)
