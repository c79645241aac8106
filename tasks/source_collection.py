"""Read a Collection of the source, and how it is rendered there."""

from datetime import timedelta

from prefect import task

from models.area import JsonDict
from tasks.connect import planetary_computer
from tasks.progress import say
from tasks.retries import READ_KEY, RETRIED, UNCACHED

CACHED_FOR = timedelta(hours=1)


@task(
    name="fetch-source-collection",
    task_run_name="fetch Collection {collection_id}",
    cache_policy=READ_KEY,
    cache_expiration=CACHED_FOR,
    **RETRIED,
)
def fetch_source_collection(source_url: str, collection_id: str) -> JsonDict:
    """Return a Collection of the source; cached, since it changes rarely.

    Args:
        source_url: part of the cache key: the same id may exist at another source.

    Raises:
        NotFoundError: the source has none of that id.
    """
    collection = planetary_computer().get_collection(collection_id)
    say(f"Source Collection {collection_id} read from {source_url}")
    return collection


@task(name="fetch-mosaic-info", task_run_name="fetch mosaic info of {collection_id}", **RETRIED, **UNCACHED)
def fetch_mosaic_info(collection_id: str) -> JsonDict:
    """Return `renderOptions` and `mosaics` of a Collection of the source; `{}` where it has none.

    Not cached: a source that has none today would be remembered as empty.
    """
    return planetary_computer().get_mosaic_info(collection_id)
