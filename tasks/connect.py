"""Open clients, with the settings of this process; each is made once and shared by all threads."""

from functools import cache

from clients.assets import AssetReader
from clients.geocatalog import GeoCatalog, open_geocatalog
from clients.observearth import ObservEarth
from clients.planetary_computer import PlanetaryComputer
from clients.tokens import TokenProvider, open_credential
from settings import forget_settings, get_observearth_settings, get_settings
from tasks.copernicus_connect import disconnect_copernicus
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
def observearth() -> ObservEarth:
    """Return the client of ObservEarth.

    Raises:
        SettingsMissing: there is no API key.
    """
    settings = get_observearth_settings()
    return ObservEarth(settings.url, settings.api_key, timeout=settings.timeout)


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
    disconnect_copernicus()
    forget_settings()
    for opened in (geocatalog, planetary_computer, observearth, asset_reader, operation_watch):
        opened.cache_clear()
