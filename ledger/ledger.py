"""The ledger: what happened to every Item of one catalog."""

from collections.abc import Callable
from datetime import datetime

from ledger.incarnations import Incarnations
from ledger.measurements import Measurements
from ledger.opening import open_database
from ledger.products import Products
from ledger.pruning import Pruning
from ledger.questions import Questions
from ledger.records import utc_now
from ledger.watermarks import Watermarks


class Ledger(Questions, Incarnations, Watermarks, Measurements, Products, Pruning):
    """All methods are safe to call from several threads and processes; each is one short transaction.

    Each raises TransientError when the database cannot be reached just now, and LedgerUnusable when it cannot be used.
    """

    @classmethod
    def open(cls, url: str, catalog: str, now: Callable[[], datetime] = utc_now) -> "Ledger":
        """Open a ledger, create it if there is none, or bring an older one to this version.

        Of an older SQLite file a copy is kept beside it.

        Args:
            url: SQLAlchemy URL of SQLite or PostgreSQL.
            catalog: URL of the GeoCatalog whose rows are meant.
            now: returns the time in UTC.

        Raises:
            LedgerUnusable: damaged, no ledger, of a newer version, or refused; it was left as it is.
            TransientError: the database cannot be reached just now.
        """
        return cls(open_database(url, now), catalog, now)

    @property
    def place(self) -> str:
        """Where it is: a path, or a URL without its password."""
        return self._database.place

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()
