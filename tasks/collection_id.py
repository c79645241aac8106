"""Choose the id of a new Collection."""

from uuid import uuid4

from prefect import task

from models.area import JsonDict
from models.requests import COLLECTION_ID_LENGTH, OnboardRequest
from stac.collection import to_geocatalog_collection
from tasks.connect import geocatalog
from tasks.retries import RETRIED, UNCACHED


def unique_id(source_id: str) -> str:
    """Return a new id that begins with the source's."""
    ending = f"-{uuid4().hex[:8]}"
    return source_id[: COLLECTION_ID_LENGTH - len(ending)] + ending


@task(name="choose-collection", task_run_name="choose id and title", **RETRIED, **UNCACHED)
def choose_collection(source: JsonDict, request: OnboardRequest) -> JsonDict:
    """Return the Collection to create, with the requested id and title, or a new unique id; a title it has is kept."""
    collection_id = request.collection_id or unique_id(request.source_collection)
    held = geocatalog().stac.get_collection(collection_id) if request.collection_id else None
    return to_geocatalog_collection(source, collection_id, request.title or (held or {}).get("title"))
