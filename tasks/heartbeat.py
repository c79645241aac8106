"""Tell the ledger again and again that a run is alive."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from ledger.ledger import Ledger
from ledger.records import utc_now
from ledger.runs import LEASE
from models.errors import GeoCatalogFlowsError

INTERVAL = 5.0
"""Seconds between two signs of life; after four missed ones the run counts as dead, and its claims are free."""


class Heartbeat:
    """Signs of life of one run, from a thread of its own.

    Args:
        run_id: a run that was begun.
    """

    def __init__(self, ledger: Ledger, run_id: str, now: Callable[[], datetime] = utc_now) -> None:
        self._ledger = ledger
        self._run_id = run_id
        self._now = now
        self._ended = threading.Event()

    def start(self) -> None:
        """Give the first sign, and go on.

        Raises:
            TransientError, LedgerUnusable: the ledger cannot be written.
        """
        self._sign()
        threading.Thread(target=self._stay_alive, name="ledger-heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Give no more signs."""
        self._ended.set()

    def _sign(self) -> None:
        self._ledger.keep_alive(self._run_id, self._now() + LEASE)

    def _stay_alive(self) -> None:
        while not self._ended.wait(INTERVAL):
            with suppress(GeoCatalogFlowsError):  # the next sign may get through: the lease lasts for four
                self._sign()
