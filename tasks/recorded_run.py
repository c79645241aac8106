"""A run in the ledger, from its begin to its end, whatever it records of its Items or products meanwhile."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Generic, Self, TypeVar
from uuid import uuid4

from ledger.ledger import Ledger
from models.runs import RunState
from tasks.flow_run import record_of
from tasks.heartbeat import Heartbeat
from tasks.window import Recurring, Window, signature_of

State = TypeVar("State", bound=StrEnum)


class RecordedRun(Generic[State]):
    """As a context manager it begins the run, keeps it alive, and ends it: as failed if an error leaves the block.

    Args:
        flow: name of the flow.
        collection_id: what the run is for.
        asked_at: when the source was asked, UTC.
        window: start and end of the time asked for, UTC, both inclusive; None where open.
        now: the present, UTC.
    """

    def __init__(
        self,
        ledger: Ledger,
        request: Recurring,
        flow: str,
        collection_id: str,
        *,
        asked_at: datetime,
        window: Window,
        now: Callable[[], datetime],
    ) -> None:
        self.ledger = ledger
        self.run_id = str(uuid4())
        self.asked_at = asked_at
        self.window = window
        self._recurring = request
        self._flow = flow
        self._collection_id = collection_id
        self._states: dict[str, State] = {}
        self._heartbeat = Heartbeat(ledger, self.run_id, now)

    def __enter__(self) -> Self:
        record = record_of(
            self.run_id,
            self._flow,
            self._collection_id,
            self._recurring,
            signature=signature_of(self._recurring),
            window_start=self.window[0],
            window_end=self.window[1],
            asked_at=self.asked_at,
        )
        self.ledger.begin_run(record)
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._heartbeat.stop()
        counts = Counter(state.value for state in list(self._states.values()))  # threads may still add some
        self.ledger.end_run(self.run_id, RunState.FAILED if kind else RunState.COMPLETED, dict(counts))
