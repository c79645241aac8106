"""The GeoCatalog's REST API, one module per root: `/stac`, its configurations, `/inma`, `/data`.

Method names are those of Microsoft's SDK (azure-planetarycomputer). Source of every behaviour stated here: recordings
of the service with api-versions 2025-04-30-preview and 2026-04-15, and Azure/azure-rest-api-specs.
"""

from dataclasses import dataclass

from clients.geocatalog.bulk import BulkClient
from clients.geocatalog.configuration import ConfigurationClient
from clients.geocatalog.data import DataClient
from clients.geocatalog.ingestion import IngestionClient
from clients.geocatalog.stac import StacClient
from clients.session import ApiSession
from clients.tokens import TokenProvider


@dataclass(frozen=True)
class GeoCatalog:
    """Clients of all the roots of one GeoCatalog."""

    url: str
    stac: StacClient
    configuration: ConfigurationClient
    ingestion: IngestionClient
    bulk: BulkClient
    data: DataClient

    def explorer_url(self, collection_id: str) -> str:
        """Return the page of a Collection in the Explorer."""
        return f"{self.url}/collections/{collection_id}"


def open_geocatalog(url: str, api_version: str, tokens: TokenProvider) -> GeoCatalog:
    """Return the clients of one GeoCatalog; nothing is asked of it yet."""
    session = ApiSession("GeoCatalog", url, tokens=tokens, params={"api-version": api_version})
    return GeoCatalog(
        url=session.base_url,
        stac=StacClient(session),
        configuration=ConfigurationClient(session),
        ingestion=IngestionClient(session),
        bulk=BulkClient(session),
        data=DataClient(session, api_version),
    )
