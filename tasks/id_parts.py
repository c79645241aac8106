"""Many ids in parts, each of which fits into the parameters of a flow run."""

from models.census_request import IDS_PER_INGEST


def id_parts(ids: list[str]) -> list[list[str]]:
    """Return the ids in order, in parts of at most `IDS_PER_INGEST`."""
    return [ids[at : at + IDS_PER_INGEST] for at in range(0, len(ids), IDS_PER_INGEST)]
