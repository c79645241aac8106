"""Write one run into the ledger: that it is alive, and what happens to each of its Items."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from uuid import uuid4

from prefect import runtime

from ledger.ledger import Ledger
from ledger.records import Change, Claim, Entry, RunRecord
from ledger.runs import LEASE
from models.area import JsonDict
from models.errors import TransientError
from models.failure import FailureClass
from models.outcomes import ItemOutcome, ItemState
from models.requests import IngestRequest
from models.runs import RunState
from stac.fingerprint import fingerprint
from stac.times import instant_of
from tasks.spool import ItemSpool
from tasks.window import Window, move_watermark, signature_of

HEARTBEAT = 5.0
"""Seconds between two signs of life; after four missed ones the run counts as dead, and its claims are free."""
DEAD_STATES = (ItemState.FAILED, ItemState.REJECTED)


def utc_now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)


class RunRecorder:
    """Records one run of an ingest; safe to share between threads.

    As a context manager it begins the run, keeps it alive, and ends it: as failed if an error leaves the block.

    Args:
        asked_at: when the source was asked, UTC.
        window: start and end of the datetime range, UTC.
        flow: name of the flow.
    """

    def __init__(
        self,
        ledger: Ledger,
        request: IngestRequest,
        spool: ItemSpool,
        window: Window,
        now: Callable[[], datetime] = utc_now,
        flow: str = "ingest-items",
    ) -> None:
        self.ledger = ledger
        self._flow = flow
        self.run_id = str(uuid4())
        self.asked_at = now()
        self.facts: dict[str, Claim] = {}
        self._request = request
        self.spool = spool
        self.window = window
        self._now = now
        self._states: dict[str, ItemState] = {}
        self._ended = threading.Event()

    def __enter__(self) -> "RunRecorder":
        self.ledger.begin_run(
            RunRecord(
                run_id=self.run_id,
                flow=self._flow,
                flow_run_id=runtime.flow_run.id or "",
                deployment=runtime.deployment.name or "",
                collection_id=self._request.collection_id,
                signature=signature_of(self._request),
                request=self._request.model_dump(mode="json", exclude_defaults=True),
                window_start=self.window[0],
                window_end=self.window[1],
                asked_at=self.asked_at,
            )
        )
        self._sign()
        threading.Thread(target=self._stay_alive, name="ledger-heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        counts = Counter(state.value for state in self._states.values())
        self.ledger.end_run(self.run_id, RunState.FAILED if kind else RunState.COMPLETED, dict(counts))

    def forget_items(self) -> None:
        """Begin anew with the Items of the source."""
        self.spool.clear()
        self.facts.clear()

    def receive(self, item: JsonDict, sent: JsonDict) -> None:
        """Keep an Item of the source, and what is to be sent of it."""
        self.spool.append(sent)
        self.facts[item["id"]] = Claim(
            fingerprint=fingerprint(item),
            acquired=instant_of(item),
            source_collection=self._request.source_collection,
        )

    def claim(self, item_ids: Iterable[str]) -> set[str]:
        """Return those Items that this run may send: no other run has sent them or is about to."""
        claims = {item_id: self.facts[item_id] for item_id in item_ids}
        return self.ledger.claim(self.run_id, self._request.collection_id, claims)

    def entries(self, item_ids: Iterable[str]) -> dict[str, Entry]:
        """Return what the ledger knows of Items."""
        return self.ledger.entries(self._request.collection_id, item_ids)

    def record_submitted(self, item_ids: Iterable[str], operation_id: str, attempt: int) -> None:
        """Record that Items were sent: from now on any run may wait for their operation."""
        self._record(
            [
                self._change(item_id, ItemState.SUBMITTED, operation_id=operation_id, attempts=attempt)
                for item_id in item_ids
            ]
        )

    def record(self, outcomes: Sequence[ItemOutcome]) -> None:
        """Record outcomes; an Item that failed for good is kept with its JSON as a dead letter."""
        self._record([self._change_of(outcome) for outcome in outcomes])

    def record_gone(self, item_ids: Sequence[str]) -> None:
        """Record that the source does not have Items any more, which had failed: there is nothing left to send."""
        known = self.entries(item_ids)
        gone = [Change(id_, ItemState.REMOVED) for id_, entry in known.items() if entry.state in DEAD_STATES]
        self._record(gone)

    def move_watermark(self) -> None:
        """Note how far the request is complete, now that every Item of the window has an outcome."""
        move_watermark(self._request, self.ledger, self.window, self.asked_at)

    def _change_of(self, outcome: ItemOutcome) -> Change:
        failure = outcome.failure
        is_dead = failure is not None and failure.kind is FailureClass.PERMANENT and outcome.state in DEAD_STATES
        return self._change(
            outcome.item_id,
            outcome.state,
            operation_id=outcome.operation_id,
            attempts=outcome.attempts or None,
            failure=failure,
            item=self.spool.read(outcome.item_id) if is_dead else None,
        )

    def _change(self, item_id: str, state: ItemState, **members: object) -> Change:
        fact = self.facts[item_id]
        return Change(
            item_id=item_id,
            state=state,
            fingerprint=fact.fingerprint,
            acquired=fact.acquired,
            source_collection=fact.source_collection,
            **members,  # type: ignore[arg-type]  # checked by the callers above
        )

    def _record(self, changes: list[Change]) -> None:
        self._states.update({change.item_id: change.state for change in changes})
        if changes:
            self.ledger.record(self.run_id, self._request.collection_id, changes)

    def _sign(self) -> None:
        self.ledger.keep_alive(self.run_id, self._now() + LEASE)

    def _stay_alive(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            with suppress(TransientError):  # the next sign of life may get through: the lease lasts for four
                self._sign()
