"""Open the ledger, with the settings of this process; it is shared by all threads."""

from functools import cache

from ledger.ledger import Ledger
from settings import get_copernicus_settings, get_ledger_settings, get_observearth_settings, get_settings


@cache
def ledger() -> Ledger:
    """Return the ledger of the GeoCatalog.

    Raises:
        LedgerUnusable: it is damaged, no ledger, or of a newer version.
    """
    settings = get_settings()
    return Ledger.open(settings.ledger_url.get_secret_value(), settings.url)


@cache
def copernicus_ledger() -> Ledger:
    """Return the ledger of files that are wanted for themselves: it needs no GeoCatalog.

    Its catalog is that of the Copernicus Data Space, and its Collections are the Collections there.

    Raises:
        LedgerUnusable: it is damaged, no ledger, or of a newer version.
    """
    catalogue_url = get_copernicus_settings().catalogue_url
    return Ledger.open(get_ledger_settings().ledger_url.get_secret_value(), catalogue_url)


@cache
def observearth_ledger() -> Ledger:
    """Return the ledger of what ObservEarth measured: it needs no GeoCatalog. Its catalog is ObservEarth's API.

    Raises:
        LedgerUnusable: it is damaged, no ledger, or of a newer version.
    """
    api_url = get_observearth_settings().url
    return Ledger.open(get_ledger_settings().ledger_url.get_secret_value(), api_url)


def close_ledger() -> None:
    """Close the ledgers that were opened; the next call opens them anew."""
    for opened in (ledger, copernicus_ledger, observearth_ledger):
        if opened.cache_info().currsize:
            opened().close()
            opened.cache_clear()
