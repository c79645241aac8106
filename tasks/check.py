"""First step of every flow: is there a GeoCatalog, and may we use it?

Not retried by its task, so that a wrong URL is said at once.
"""

from prefect import task

from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from models.errors import InvalidRequest, NotFoundError, RefusedError
from settings import get_settings
from tasks.connect import geocatalog
from tasks.ledger import ledger
from tasks.progress import say
from tasks.retries import UNCACHED


def require_catalog_page(catalog: GeoCatalog) -> JsonDict:
    """Return the landing page of the GeoCatalog.

    Raises:
        RefusedError: something else answers at its URL.
        TransientError, CredentialsError: as the message says.
    """
    try:
        page = catalog.stac.get_landing_page()
    except NotFoundError:
        page = {}
    if page.get("type") != "Catalog":
        raise RefusedError(f"{catalog.url} answers, but not as a GeoCatalog: check GEOCATALOG_URL.", 404)
    return page


@task(name="check-geocatalog", task_run_name="check the GeoCatalog", **UNCACHED)
def check_geocatalog() -> str:
    """Check URL, sign-in and role; return the URL of the source, which belongs to the key of cached reads."""
    require_catalog_page(geocatalog())
    geocatalog().ingestion.require_write_access()
    say(f"GeoCatalog {geocatalog().url} answers; signed in and allowed to write")
    return get_settings().source_url


@task(name="require-collection", task_run_name="read Collection {collection_id}", **UNCACHED)
def require_collection(collection_id: str) -> JsonDict:
    """Return a Collection of the GeoCatalog, and let the ledger know of it.

    One that was deleted and created again has another creation time: what the ledger knew of its Items is then void.

    Raises:
        InvalidRequest: there is none of that id.
    """
    collection = geocatalog().stac.get_collection(collection_id)
    if collection is None:
        raise InvalidRequest(
            f"The GeoCatalog has no Collection {collection_id!r}: create it first with the flow onboard_collection"
            f" (`geocatalog onboard --collection-id {collection_id}`), or check the spelling."
        )
    ledger().note_collection(collection_id, str(collection.get("msft:_created", "")))
    return collection
