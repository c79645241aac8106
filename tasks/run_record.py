"""Write one run into the ledger: that it is alive, and what happens to each of its Items."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ledger.dead_letters import DEAD_STATES
from ledger.ledger import Ledger
from ledger.records import Change, Claim, Entry, utc_now
from models.area import JsonDict
from models.delivery import Delivery
from models.failure import FailureClass
from models.outcomes import ItemOutcome, ItemState
from stac.fingerprint import fingerprint
from stac.times import instant_of
from tasks.recorded_run import RecordedRun
from tasks.spool import ItemSpool
from tasks.window import Window, move_watermark

LEFT_STATES = (*DEAD_STATES, ItemState.UNPROVEN)
"""States of an Item of which nothing is left to do once the source has it no more."""


class RunRecorder(RecordedRun[ItemState]):
    """Records one run of an ingest; safe to share between threads.

    Args:
        window: start and end of the datetime range, UTC.
        flow: name of the flow.
    """

    def __init__(
        self,
        ledger: Ledger,
        request: Delivery,
        spool: ItemSpool,
        window: Window,
        now: Callable[[], datetime] = utc_now,
        flow: str = "ingest-items",
    ) -> None:
        super().__init__(ledger, request, flow, request.collection_id, asked_at=now(), window=window, now=now)
        self.facts: dict[str, Claim] = {}
        self.spool = spool
        self._request = request
        self._claimed: set[str] = set()
        self._replacing: set[str] = set()
        self._known: set[str] = set()

    def forget_items(self) -> None:
        """Begin anew with the Items of the source."""
        self.spool.clear()
        self.facts.clear()

    def receive(self, item: JsonDict, sent: JsonDict) -> None:
        """Keep an Item of the source, and what is to be sent of it."""
        self.spool.append(sent)
        self.expect(item["id"], fingerprint(item), instant_of(item))

    def expect(self, item_id: str, fingerprint: str, acquired: datetime | None) -> None:
        """Keep what is known of an Item before it is there itself.

        Args:
            fingerprint: changes when the source says something else of it.
            acquired: UTC.
        """
        self.facts[item_id] = Claim(fingerprint, acquired, self._request.source_collection)

    def claim(self, item_ids: Iterable[str], *, replaces: bool = False) -> set[str]:
        """Return those Items that this run may send: no other run has sent them or is about to.

        Args:
            replaces: they are to be sent in the place of those that the catalog has.
        """
        claims = {item_id: replace(self.facts[item_id], replaces=replaces) for item_id in item_ids}
        claimed = self.ledger.claim(self.run_id, self._request.collection_id, claims)
        self._claimed |= claimed
        if replaces:
            self._replacing |= claimed
        return claimed

    def claim_again(self, operations: Mapping[str, str]) -> set[str]:
        """Return those Items that this run may send once more, after the operations by which they failed."""
        return self.ledger.claim_again(self.run_id, self._request.collection_id, operations)

    def planned(self, item_ids: Iterable[str]) -> set[str]:
        """Return which of the Items a run is, or was, about to send."""
        return self.ledger.planned(self._request.collection_id, item_ids)

    def entries(self, item_ids: Iterable[str]) -> dict[str, Entry]:
        """Return what the ledger knows of Items."""
        found = self.ledger.entries(self._request.collection_id, item_ids)
        self._known.update(found)
        return found

    def record_submitted(self, item_ids: Iterable[str], operation_id: str, attempt: int) -> None:
        """Record that Items were sent: from now on any run may wait for their operation."""
        ids = list(item_ids)
        if self._claimed.issuperset(ids):
            self._advance(ids, ItemState.SUBMITTED, operation_id=operation_id, attempts=attempt)
        else:
            values = {"operation_id": operation_id, "attempts": attempt}
            self._record([self._change(item_id, ItemState.SUBMITTED, **values) for item_id in ids])

    def record(self, outcomes: Sequence[ItemOutcome]) -> None:
        """Record outcomes; an Item that failed for good is kept with its JSON as a dead letter."""
        simple = [outcome for outcome in outcomes if self._is_simple(outcome)]
        for state in dict.fromkeys(outcome.state for outcome in simple):
            self._advance([outcome.item_id for outcome in simple if outcome.state is state], state)
        self._record([self._change_of(outcome) for outcome in outcomes if not self._is_simple(outcome)])

    def record_gone(self, item_ids: Sequence[str]) -> None:
        """Record that the source has Items no more, which had failed: there is nothing to send or compare."""
        known = self.entries(item_ids)
        gone = [Change(id_, ItemState.REMOVED) for id_, entry in known.items() if entry.state in LEFT_STATES]
        self._record(gone)

    def move_watermark(self) -> None:
        """Note how far the request is complete, now that every Item of the window has an outcome.

        An Item that the ledger does not know, since the run broke off before it could be written down, is open too.
        """
        unknown = self.facts.keys() - self._known - self._states.keys()
        open_since = [acquired for item_id in unknown if (acquired := self.facts[item_id].acquired)]
        move_watermark(self._request, self.ledger, self.window, min([self.asked_at, *open_since]))

    def _is_simple(self, outcome: ItemOutcome) -> bool:
        """Tell whether nothing is new of an Item but its state: the ledger has the rest since it was sent."""
        return outcome.failure is None and outcome.item_id in self._claimed

    def _change_of(self, outcome: ItemOutcome) -> Change:
        failure = outcome.failure
        is_dead = failure is not None and failure.kind is FailureClass.PERMANENT and outcome.state in DEAD_STATES
        return self._change(
            outcome.item_id,
            outcome.state,
            operation_id=outcome.operation_id,
            attempts=outcome.attempts or None,
            failure=failure,
            item=self.spool.read(outcome.item_id) if is_dead and outcome.item_id in self.spool else None,
            replay=("PUT", self._path(outcome.item_id)) if outcome.item_id in self._replacing else None,
        )

    def _path(self, item_id: str) -> str:
        return f"/stac/collections/{self._request.collection_id}/items/{item_id}"

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

    def _advance(self, item_ids: list[str], state: ItemState, **values: str | int) -> None:
        self._states.update(dict.fromkeys(item_ids, state))
        self.ledger.advance(self.run_id, self._request.collection_id, item_ids, state, **values)
