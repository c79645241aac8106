"""What all task runs of one bulk ingest share."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.bulk_request import BulkRequest
from tasks.bulk_run import Started
from tasks.plan import Batch
from tasks.work import Work


class Allowance:
    """How many Items may be sent singly, in all parts together; for one thread at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._granted: set[str] = set()

    def take(self, item_ids: Iterable[str]) -> list[str]:
        """Return the Items that may be; one that was granted before may be again."""
        granted = []
        for item_id in item_ids:
            if item_id in self._granted or len(self._granted) < self._most:
                self._granted.add(item_id)
                granted.append(item_id)
        return granted


@dataclass(frozen=True)
class BulkWork:
    """One bulk ingest at work.

    Attributes:
        ingest: what it shares with an ordinary ingest.
        singles: Items that bulk ingestion left out and that are sent singly.
    """

    request: BulkRequest
    ingest: Work
    singles: Allowance


@dataclass(frozen=True)
class Part:
    """A part on its way.

    Attributes:
        item_ids: Items that this run could claim: those that are staged.
        others: Items that other runs are about to send, or have sent.
        url: what the ingestion reads; None if no Item could be claimed.
        started: the ingestion, once it is at work.
    """

    batch: Batch
    item_ids: tuple[str, ...]
    others: tuple[str, ...]
    url: str | None = None
    started: Started | None = None
