"""Show how far a bulk run is, by the service's own counters."""

import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact

from clients.geocatalog.bulk import IngestionRun
from tasks.progress import UPDATE_INTERVAL, show_progress


class BulkProgress:
    """A progress artifact of one bulk run.

    Args:
        label: of the part.
        total: its Items.
        clock: seconds, monotonic.
    """

    def __init__(self, label: str, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._label = label
        self._total = total
        self._clock = clock
        self._shown = clock()
        self._artifact: UUID | None = None

    def publish(self, key: str) -> "BulkProgress":
        """Create the artifact; needs the context of a run."""
        with suppress(httpx.HTTPError):  # the bulk run is at work: it is waited for without an artifact, too
            self._artifact = create_progress_artifact(0.0, key=key, description=f"Bulk run of {self._label}")  # type: ignore[assignment]  # sync here
        return self

    def show(self, run: IngestionRun) -> None:
        """Update the artifact, not more often than every two seconds."""
        due = run.has_ended or self._clock() - self._shown >= UPDATE_INTERVAL
        if due:
            self._shown = self._clock()
            share = 100 * min((run.successful + run.failed) / max(self._total, 1), 1.0)
            show_progress(self._artifact, share, self.text(run))

    def text(self, run: IngestionRun) -> str:
        """Return how far a run is, in words."""
        return (
            f"Bulk run of {self._label}: {run.status}, {run.successful} of {self._total} Items are in,"
            f" {run.failed} failed"
        )
