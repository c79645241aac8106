"""What goes into the ledger and comes out of it. All times are in UTC."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from models.area import JsonDict
from models.failure import OPERATION_TIMEOUT, Failure, FailureClass
from models.outcomes import ItemState
from models.runs import RunState


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunRecord:
    """A run of a flow.

    Attributes:
        run_id: id of the run; beginning a run of the same id again restarts it.
        flow: name of the flow.
        collection_id: Collection of the GeoCatalog that it deals with.
        signature: of the request without its window: runs of one signature share a watermark.
        request: the request as JSON, without secrets.
        flow_run_id, deployment: Prefect's id of the flow run, and the deployment's name.
        window_start, window_end: acquisition times asked for, both inclusive; None where open.
        asked_at: when the source was asked.
        state, counts, started, ended, is_alive: filled in by the ledger.
    """

    run_id: str
    flow: str
    collection_id: str
    signature: str = ""
    request: JsonDict = field(default_factory=dict)
    flow_run_id: str | None = None
    deployment: str | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    asked_at: datetime | None = None
    state: RunState = RunState.RUNNING
    counts: dict[str, int] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    is_alive: bool = True


@dataclass(frozen=True)
class Claim:
    """What a run knows of an Item that it wants to submit.

    Attributes:
        fingerprint: hash of what the source says of the Item.
        acquired: acquisition time of the Item.
        source_collection: Collection of the source that has it.
        replaces: whether it is to be sent in the place of an older one that the catalog has.
    """

    fingerprint: str
    acquired: datetime | None = None
    source_collection: str | None = None
    replaces: bool = False


@dataclass(frozen=True)
class Change:
    """A new state of an Item. What is None stays as the ledger has it, but for the failure.

    Attributes:
        attempts: how often it was sent, in all.
        failure: why it is not as requested; None: it has no failure any more.
        item: STAC JSON to keep as a dead letter, if the failure is a permanent one.
        replay: HTTP method and path of the call that sends the Item again; None: as a new Item of its Collection.
    """

    item_id: str
    state: ItemState
    operation_id: str | None = None
    attempts: int | None = None
    failure: Failure | None = None
    item: JsonDict | None = None
    fingerprint: str | None = None
    acquired: datetime | None = None
    source_collection: str | None = None
    replay: tuple[str, str] | None = None


@dataclass(frozen=True)
class Entry:
    """An Item as it stands.

    Attributes:
        fingerprint: hash of what the source said of it when it was last claimed; None if it was never claimed.
        attempts: how often it was sent, in all.
        code, message, kind: its failure, if it has one.
        run_id: the run that last changed it.
        run_is_alive: whether that run is still at work.
        acquired: its acquisition time.
        updated: when its state last changed.
        replaces: whether it was last claimed to be sent in the place of an older one that the catalog has.
    """

    collection_id: str
    item_id: str
    state: ItemState
    fingerprint: str | None
    operation_id: str | None
    attempts: int
    code: str | None
    message: str | None
    kind: FailureClass | None
    run_id: str | None
    run_is_alive: bool
    acquired: datetime | None
    updated: datetime
    source_collection: str | None
    replaces: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether an operation may still ingest it, as far as the runs know that waited for it."""
        is_open = self.state is ItemState.SUBMITTED or self.code == OPERATION_TIMEOUT
        return is_open and self.operation_id is not None

    @property
    def failure(self) -> Failure | None:
        """Why it is not as requested."""
        if self.code is None or self.kind is None:
            return None
        return Failure(code=self.code, message=self.message or "", kind=self.kind)


@dataclass(frozen=True)
class Event:
    """One change of an Item, as its history has it; `run_id` is None where no run did it."""

    at: datetime
    state: ItemState
    run_id: str | None
    operation_id: str | None
    attempts: int
    code: str | None
    message: str | None
    kind: FailureClass | None


@dataclass(frozen=True)
class DeadLetter:
    """An Item that nothing but a change of it helps.

    Attributes:
        item: its STAC JSON, as it was sent.
        method, path: the call that sends it again; the path is relative to the GeoCatalog's URL.
        written: when it was kept.
    """

    item_id: str
    item: JsonDict
    failure: Failure
    method: str
    path: str
    written: datetime


@dataclass(frozen=True)
class FailureCount:
    """How many Items have one cause, and what was last said about it."""

    kind: FailureClass
    code: str
    count: int
    message: str
