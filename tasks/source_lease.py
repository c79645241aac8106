"""Keep ingestion sources valid for as long as operations may read by them."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stac.containers import Container
from tasks.ingestion_source import RENEW_BEFORE, Registration, SourceRegistry

RENEWED_LATELY = timedelta(minutes=1)
"""A hundred Items that failed by the same expired token need one renewal, not a hundred."""


class SourceLease:
    """The ingestion sources of one run, renewed in place while it waits; safe to share between threads.

    Args:
        containers: where the Items' assets lie.
        now: UTC.
    """

    def __init__(
        self,
        registry: SourceRegistry,
        containers: set[Container],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._containers = containers
        self._now = now
        self._due: datetime | None = None
        self._renewed: datetime | None = None
        self._lock = threading.Lock()

    def take(self) -> list[Registration]:
        """Register what is missing and renew what runs out soon; return what was done."""
        with self._lock:
            return self._ensure()

    def keep(self) -> None:
        """Renew what runs out soon; asks nothing of the service before that is due."""
        with self._lock:
            if self._due is not None and self._now() >= self._due:
                self._ensure()

    def renew(self) -> None:
        """Renew all sources now, since the service could not read by them; once a minute at most, whoever asks."""
        with self._lock:
            if self._renewed is None or self._now() - self._renewed > RENEWED_LATELY:
                self._ensure(renew=True)
                self._renewed = self._now()

    def _ensure(self, *, renew: bool = False) -> list[Registration]:
        registrations = self._registry.ensure(self._containers, renew=renew)
        ends = [registration.expiration for registration in registrations if registration.expiration]
        self._due = min(ends) - RENEW_BEFORE if ends else None
        return registrations
