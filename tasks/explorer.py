"""Where a Collection is looked at."""

from tasks.connect import geocatalog


def explorer_url(collection_id: str) -> str:
    """Return the page of a Collection in the GeoCatalog's Explorer."""
    return geocatalog().explorer_url(collection_id)
