"""Open clients, with the settings of this process; each is made once and shared by all threads."""

from functools import cache

from clients.assets import AssetReader
from clients.geocatalog import GeoCatalog, open_geocatalog
from clients.planetary_computer import PlanetaryComputer
from clients.tokens import TokenProvider, open_credential
from settings import get_settings
from tasks.ledger import close_ledger
from tasks.operation_watch import OperationWatch


@cache
def geocatalog() -> GeoCatalog:
    """Return the client of the GeoCatalog; nothing is asked of it yet."""
    settings = get_settings()
    tokens = TokenProvider(
        lambda: open_credential(settings.credential, settings.client_id), settings.scope, kind=settings.credential
    )
    return open_geocatalog(settings.url, settings.api_version, tokens)


@cache
def planetary_computer() -> PlanetaryComputer:
    """Return the client of the source."""
    return PlanetaryComputer(get_settings().source_url)


@cache
def asset_reader() -> AssetReader:
    """Return the reader of signed assets."""
    return AssetReader()


@cache
def operation_watch(collection_id: str) -> OperationWatch:
    """Return the one watch over the operations of a Collection."""
    settings = get_settings()
    return OperationWatch(
        geocatalog().ingestion,
        collection_id,
        poll_interval=settings.poll_interval,
        timeout=settings.operation_timeout,
    )


def disconnect() -> None:
    """Forget settings and clients, so that the next call opens new ones."""
    close_ledger()
    for opened in (get_settings, geocatalog, planetary_computer, asset_reader, operation_watch):
        opened.cache_clear()
