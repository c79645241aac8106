"""The Collection of the GeoCatalog that receives products: created and configured if there is none."""

from models.copernicus_ingest import IngestCopernicusRequest
from models.requests import OnboardRequest
from stac.copernicus_collection import copernicus_collection, render_options_of
from tasks.check import require_collection
from tasks.collection import create_collection
from tasks.configuration import configure_collection
from tasks.connect import geocatalog


def prepare_collection(request: IngestCopernicusRequest) -> None:
    """Make sure that the Collection is there; one that is stays as it is.

    Raises:
        OperationFailed, RefusedError: the GeoCatalog does not create it.
    """
    if geocatalog().stac.get_collection(request.collection_id) is None:
        create_collection(copernicus_collection(request.collection, request.collection_id))
        info = {"renderOptions": render_options_of(request.collection)}
        configure_collection(request.collection_id, info, OnboardRequest(collection_id=request.collection_id))
    require_collection(request.collection_id)
