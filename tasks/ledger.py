"""Open the ledger, with the settings of this process; it is shared by all threads."""

from functools import cache

from ledger.ledger import Ledger
from settings import get_settings


@cache
def ledger() -> Ledger:
    """Return the ledger of the GeoCatalog.

    Raises:
        LedgerUnusable: it is damaged, no ledger, or of a newer version.
    """
    settings = get_settings()
    return Ledger.open(settings.ledger_url.get_secret_value(), settings.url)


def close_ledger() -> None:
    """Close the ledger, if it was opened; the next call of `ledger` opens it anew."""
    if ledger.cache_info().currsize:
        ledger().close()
        ledger.cache_clear()
